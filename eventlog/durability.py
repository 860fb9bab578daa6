"""Whether what is acknowledged outlives the server, by its settings and replicas (spec 8). Looked at when a process
starts; a doubt stops nobody, for the installation may want it so."""

from typing import Any, NamedTuple

from eventlog.connect import only_row


class Standing(NamedTuple):
    """`synchronous` counts the replicas that a commit waits for; `unseen`: those whose state our user may not see."""

    is_replica: bool
    fsync: str
    synchronous_commit: str
    replicas: int
    synchronous: int
    unseen: int
    wanted: str


STANDING = """
select pg_is_in_recovery(), current_setting('fsync'), current_setting('synchronous_commit'), count(pid),
       count(pid) filter (where sync_state in ('sync', 'quorum')), count(pid) filter (where sync_state is null),
       current_setting('synchronous_standby_names')
  from pg_stat_replication
"""


def standing(connection: Any) -> Standing:
    return Standing(*only_row(connection.execute(STANDING)))


def doubts(at: Standing) -> list[str]:
    """A sentence each; none of a server that stands alone and writes to its disk."""
    if at.is_replica:
        return ["the database is a replica, which only reads: DATABASE_URL leads to the primary"]
    found = []
    if at.fsync == "off" or at.synchronous_commit == "off":
        which = "fsync" if at.fsync == "off" else "synchronous_commit"
        found.append(f"{which} is off at the database: what was acknowledged may be lost when it goes down")
    if at.replicas and not at.wanted:
        found.append("no replica of the database is synchronous: a fail-over may lose what was acknowledged")
    elif at.replicas and at.synchronous_commit == "local":
        found.append(
            "synchronous_commit is local: no replica is waited for, a fail-over may lose what was acknowledged"
        )
    elif at.wanted and not at.synchronous and not at.unseen:
        found.append(f"no synchronous replica is there ({at.wanted}): nothing can be written until one is")
    return found
