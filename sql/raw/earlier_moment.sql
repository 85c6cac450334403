-- grain: one row per report month and due day whose ranks of the month before were worked out again, with what went in
-- While the same goes in, raw.earlier_metric is kept from one night to the next (jindu/warehouse/earlier.py).
create table if not exists raw.earlier_moment (
    report_month date not null,
    due_on date not null,
    fingerprint text not null,         -- of the models, the values, targets and units that went in
)
