// On a phone the navigation is a line that scrolls: where one is stands in its middle.
"use strict";
const here = document.querySelector("header nav [aria-current]"), line = here?.closest("nav");
if (line) line.scrollLeft = here.offsetLeft - line.offsetLeft - (line.clientWidth - here.offsetWidth) / 2;
