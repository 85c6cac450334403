-- A published database made by hand, small enough to read: one community fine, one rejected, one silent.
create schema mart;
create table mart.run as select * from (values
    ('2024-10-09T02:00:00', timestamptz '2024-10-09 02:00:00+08', 'completed', 3),
    ('2024-10-10T02:00:00', timestamptz '2024-10-10 02:00:00+08', 'completed', 4),
) as run(run_id, as_of_at, state, files_received_count);
create table mart.form as select 'community_monthly' as form_code, '社区月报' as name_zh;
create table mart.org_unit as select * from (values
    ('350502004', '鲤城区开元街道办事处', '开元街道', 'subdistrict', '350502', true),
    ('350502004001', '东街社区居民委员会', '东街', 'community', '350502004', false),
    ('350502004002', '名字特别特别特别特别特别长的社区居民委员会', null, 'community', '350502004', false),
    ('350502004003', '西街社区居民委员会', '西街', 'community', '350502004', false),
) as org_unit(org_unit_code, name, short_name, level, parent_code, is_office);
create table mart.indicator as select * from (values
    ('households', '低保户数这一指标的名称特别特别特别特别特别特别长', 'Households on allowance', '民政办', 'flow', '户', 0),
    ('gas_alarm', '燃气报警器安装率', 'Gas alarms fitted', null, 'ratio', '%', null),
) as indicator(indicator_code, name_zh, name_en, owner, kind, unit, decimals);
create table mart.target as select true as is_sample;
create table mart.submission as select * from (values
    ('a1', 'community_monthly', '350502004001', date '2024-09-01', '一.xlsx', timestamptz '2024-10-04 09:00:00+08', 'accepted'),
    ('a2', 'community_monthly', '350502004002', date '2024-09-01', '二.xlsx', timestamptz '2024-10-09 09:00:00+08', 'rejected'),
    ('a3', 'community_monthly', '350502004001', date '2024-08-01', '三.xlsx', timestamptz '2024-10-09 10:00:00+08', 'held'),
    ('a4', 'community_monthly', '350502004003', date '2024-08-01', '四.xlsx', timestamptz '2024-09-05 10:00:00+08', 'rejected'),
    ('a5', 'community_monthly', '350502004003', date '2024-08-01', '五.xlsx', timestamptz '2024-09-06 10:00:00+08', 'accepted'),
) as submission(submission_id, form_code, org_unit_code, report_month, file_name, received_at, state);
alter table mart.submission add column lock_on date default date '2024-10-15';
alter table mart.submission add column open_warning_count integer default 1;
alter table mart.submission add column put_right_id text;
alter table mart.submission add column is_standing boolean;
create table mart.finding as select * from (values
    ('a2', 'critical', '表', 'E7', 'number', '单元格 E7 写的是“1,23”,不是数字;请改为 1.23 或 123 后重新报送。', 'E7 is no number.'),
    ('a2', 'warning', '表', 'E6', 'outlier', '比上月高。', 'Higher than last month.'),
    ('a3', 'warning', '表', 'F6', 'sum', '累计与本月不符,请在备注说明。', 'The sum differs.'),
) as finding(submission_id, severity, sheet_name, cell, rule_code, message_zh, message_en);
alter table mart.finding add column state text default 'open';
alter table mart.finding add column finding_id text;
update mart.finding set finding_id = submission_id || cell;
create table mart.reporting as select * from (values
    ('350502004001', 'community_monthly', date '2024-09-01', date '2024-10-08', 'accepted', 'on_time'),
    ('350502004002', 'community_monthly', date '2024-09-01', date '2024-10-08', 'rejected', 'missing'),
    ('350502004003', 'community_monthly', date '2024-09-01', date '2024-10-08', 'missing', 'missing'),
    ('350502004003', 'community_monthly', date '2024-10-01', date '2024-11-05', 'awaited', 'awaited'),
) as reporting(org_unit_code, form_code, report_month, due_on, state, timeliness);
create table mart.ranking as select * from (values
    ('350502004', '350502004001', 1, 3, 1.0834, 2, 1, 'own', 1, 1, null),
    ('350502004', '350502004002', 2, 3, 0.91, 1, -1, 'restatement', 1, 2, null),
    ('350502004', '350502004003', null, 3, null, 3, null, null, null, null, 'not_reported'),
) as ranking(
    parent_code, org_unit_code, completion_rank, peers_count, metric_value, previous_rank, rank_change, change_cause,
    best_rank, worst_rank, unranked_reason
);
alter table mart.ranking add column scope text default 'overall';
alter table mart.ranking add column report_month date default date '2024-09-01';
alter table mart.ranking add column scope_code text default 'overall';
alter table mart.ranking add column published_rank integer;
alter table mart.ranking add column is_sample boolean default false;
create table mart.completion as select * from (values
    ('350502004001', 'households', 'behind', 0.7512, -1234567.5, false, true),
    ('350502004', 'gas_alarm', 'far_behind', 0.5, -0.125, true, false),
    ('350502004', 'households', 'on_pace', 1.2, 3, false, false),
) as completion(org_unit_code, indicator_code, status, pace_ratio, gap_value, is_provisional, is_sample);
alter table mart.completion add column report_month date default date '2024-09-01';
create table mart.alert_case as select * from (values
    ('submission_overdue', 'notified', timestamptz '2024-10-09 02:00:00+08'),
    ('submission_overdue', 'open', timestamptz '2024-10-10 02:00:00+08'),
    ('target_missed', 'resolved', timestamptz '2024-10-10 02:00:00+08'),
) as alert_case(kind, state, opened_at);
alter table mart.alert_case add column is_told boolean default true;
create table mart.gate_result as select
    '2024-10-10T02:00:00' as run_id, 'core' as gate, 'plan_entered' as expectation_code, 'warning' as severity,
    false as passed, '明年还没有计划。' as message_zh, 'No plan yet.' as message_en;
