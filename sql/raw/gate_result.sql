-- grain: one row per night, gate and expectation
-- A night that is run again replaces its own rows, but for those at which an attempt stopped.
create table if not exists raw.gate_result (
    run_id text not null,
    gate text not null,
    expectation_code text not null,
    severity text not null,
    evaluated_count bigint not null,
    failed_count bigint not null,
    passed boolean not null,           -- no more failing rows than are tolerated
    tolerated_count bigint,            -- a known flaw: this many failing rows pass the gate; null when none do
    tolerated_reason text,
    failed_attempt integer,            -- the attempt that stopped here, once the night was run again; else null
)
