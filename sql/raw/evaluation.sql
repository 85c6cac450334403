-- grain: one row per rule of the incoming gate and submission that it was tried on tonight
-- Written anew with every incoming gate, which tries every submission. Where a rule had nothing to judge is no row.
create table if not exists raw.evaluation (
    rule_code text not null,
    submission_id text not null,
    evaluated_count bigint not null,   -- rows of the rule's check table with something to judge
)
