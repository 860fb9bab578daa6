-- `at` of a frame is when it was last used, to within half a day; what was used before this is not known.
update plan_frames set at = now();
create index plan_frames_at on plan_frames (at);
