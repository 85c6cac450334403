-- grain: one row per rule of the three gates, as it stands tonight
-- Written anew with every incoming gate, from expectations/*.yml: who mends what, in the words of those files.
create table if not exists raw.rule (
    gate text not null,                -- incoming, core, mart
    rule_code text not null,
    severity text not null,            -- critical, warning, information
    owner text not null,               -- who mends it: 填报员, 统筹办, 维护员
    message_zh text not null,          -- the pattern: {…} are filled in by each finding
    message_en text not null,
    reason text not null,              -- why the rule is there, and its source
)
