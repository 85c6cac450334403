-- A published database made by hand: an office above three units, small enough to check by hand.
create schema mart;
create table mart.run as select * from (values
    ('2031-10-16T02:00:00', timestamptz '2031-10-16 02:00:00+08'),
) as run(run_id, as_of_at);
create table mart.org_unit as select * from (values
    ('110101', '东风区', '东风区', 'district', null, false),
    ('110101001', '前进街道办事处', '前进街道', 'subdistrict', '110101', true),
    ('110101001001', '甲社区居委会', '甲', 'community', '110101001', false),
    ('110101001002', '乙社区居委会', '乙', 'community', '110101001', false),
    ('110101001003', '丙社区居委会', '丙', 'community', '110101001', false),
    ('110101001009', '已撤社区居委会', '已撤', 'community', '110101001', false),
) as org_unit(org_unit_code, name, short_name, level, parent_code, is_office);
alter table mart.org_unit add column valid_from date;
alter table mart.org_unit add column valid_to date;
update mart.org_unit set valid_to = date '2031-06-01' where short_name = '已撤';
create table mart.form as select * from (values
    ('community_monthly', '社区月报', 'community'),
    ('subdistrict_monthly', '街道月报', 'subdistrict'),
) as form(form_code, name_zh, level);
create table mart.indicator as select * from (values
    ('offence', '重复违规', 'Repeat offences', 'law', '司法所', 'flow', '人', 0, 'lower', 'restricted'),
    ('firm', '=HYPERLINK("http://example.org","点这里")', '=1+1', 'economy', '企业办', 'flow', '家', 0, 'higher', 'public'),
    ('contract', '合同投资<额>&"引号"', 'Contracts <b> & more', 'economy', '企业办', 'flow', '万元', 2, 'higher', 'public'),
    ('rate', '纠纷化解率', 'Disputes settled', 'law', '司法所', 'ratio', '%', null, 'higher', 'public'),
    ('growth', '销售额增幅', 'Growth of sales', 'economy', null, 'growth', '%', null, 'higher', 'public'),
    ('visit', '走访企业', 'Firms visited', 'service', '企业办', 'flow', '户次', 0, 'higher', 'public'),
    ('lamp', '照明修复', 'Lamps mended', 'city', '城管办', 'flow', '处', 0, 'higher', 'public'),
    ('hall', '邻里中心启用', 'Hall opened', 'party', '党政办', 'milestone', '进度', 2, 'higher', 'public'),
    ('house', '隐患房屋未处置', 'Unsafe houses left', 'safety', '应急办', 'stock', '栋', 0, 'lower', 'public'),
    ('heard', '受理件数', 'Cases heard', 'law', '司法所', 'flow', '件', 0, 'none', 'public'),
) as indicator(
    indicator_code, name_zh, name_en, theme_code, owner, kind, unit, decimals, direction, publicity
);
alter table mart.indicator add column theme_name_zh text;
alter table mart.indicator add column theme_name_en text;
alter table mart.indicator add column reporting_level text default 'community';
update mart.indicator set theme_name_zh = theme_code, theme_name_en = theme_code;
create table mart.completion as
select
    unit as org_unit_code,
    indicator as indicator_code,
    cast(month as date) as report_month,
    status,
    target_form,
    cast(annual as decimal(24, 6)) as annual_target_value,
    cast(due as decimal(24, 6)) as target_covered_value,
    cast(done as decimal(24, 6)) as ytd_value,
    cast(gap as decimal(24, 6)) as gap_value,
    cast(pace as decimal(24, 6)) as pace_ratio,
    cast(needed as decimal(24, 6)) as needed_monthly_value,
    cast(ends as decimal(24, 6)) as projected_value,
    cast(low as decimal(24, 6)) as projected_low_value,
    cast(high as decimal(24, 6)) as projected_high_value,
    cast(chance as decimal(9, 6)) as probability_ratio,
    is_provisional,
    is_suppressed,
from (values
    -- the office itself, in September
    ('110101001', 'offence', '2031-09-01', 'missed', 'at_most', 0, 0, 1, 1, 0, null, null, null, null, null, true, false),
    ('110101001', 'firm', '2031-09-01', 'far_behind', 'at_least', 7, 5.25, 2, -3.25, 0.380952, 1.666667, 2.2, 2, 5.45, 0.0454, false, false),
    ('110101001', 'contract', '2031-09-01', 'far_behind', 'at_least', 921000, 690750, 269660.53, -421089.47, 0.390388, 217113.156667, 331333.78, 269660.53, 495587.28, 0.0001, false, false),
    ('110101001', 'rate', '2031-09-01', 'behind', 'at_least', 0.95, 0.95, 0.8235, -0.1265, 0.866842, null, 0.8248, 0.7186, 0.931, 0.25, false, false),
    ('110101001', 'growth', '2031-09-01', 'at_risk', 'at_least', 0.06, 0.06, 0.05, -0.01, 0.990566, null, 0.04, -0.01, 0.05, 0.1, false, false),
    ('110101001', 'visit', '2031-09-01', 'on_pace', 'at_least', 1430, 1040, 1169, 129, 1.124038, 87, 1573, 1532, 1614, 1, false, false),
    ('110101001', 'lamp', '2031-09-01', 'achieved', 'at_least', 130, 97.5, 140, 42.5, 1.435897, null, 184, 169, 199, 1, false, false),
    ('110101001', 'hall', '2031-09-01', 'not_due', 'by_date', 1, 1, 0.5, -0.5, 0.5, null, null, null, null, null, false, false),
    ('110101001', 'house', '2031-09-01', 'on_pace', 'reduce_from_baseline', 40, 60, 57, -3, 1.05, -5.666667, 41, 29, 53, 0.5, false, false),
    ('110101001', 'heard', '2031-09-01', 'no_target', null, null, null, 239, null, null, null, null, null, null, null, false, false),
    -- in August
    ('110101001', 'firm', '2031-08-01', 'behind', 'at_least', 7, 4.67, 4, -0.67, 0.8, null, null, null, null, null, false, false),
    ('110101001', 'visit', '2031-08-01', 'behind', 'at_least', 1430, 953, 800, -153, 0.84, null, null, null, null, null, false, false),
    ('110101001', 'lamp', '2031-08-01', 'achieved', 'at_least', 130, 87, 130, 43, 1.5, null, null, null, null, null, false, false),
    -- the units below
    ('110101001001', 'visit', '2031-09-01', 'on_pace', 'at_least', 500, 375, 400, 25, 1.066667, 33.3, 520, 500, 540, 0.9, false, false),
    ('110101001002', 'visit', '2031-09-01', 'far_behind', 'at_least', 500, 375, 200, -175, 0.533333, 100, 270, 250, 290, 0.01, false, false),
    ('110101001003', 'visit', '2031-09-01', 'unreported', 'at_least', 430, null, null, null, null, null, null, null, null, null, true, false),
    ('110101001001', 'offence', '2031-09-01', 'not_computable', 'at_most', 0, null, null, null, null, null, null, null, null, null, false, true),
    ('110101001002', 'lamp', '2031-09-01', 'at_risk', 'at_least', 43, 32, 30, -2, 0.9375, 4, 40, 38, 43, 0.3, false, false),
    ('110101001009', 'visit', '2031-05-01', 'on_pace', 'at_least', 10, 4, 4, 0, 1, 1, 10, 9, 11, 0.5, false, false),
) as row_of(
    unit, indicator, month, status, target_form, annual, due, done, gap, pace, needed, ends, low, high, chance,
    is_provisional, is_suppressed
);
alter table mart.completion add column status_rule text;
alter table mart.completion add column null_reason text;
alter table mart.completion add column is_sample boolean default false;
update mart.completion set is_sample = true where indicator_code = 'firm';
alter table mart.completion add column is_corrected boolean default false;
alter table mart.completion add column target_basis text default 'office';
alter table mart.completion add column target_due_month date default date '2031-12-01';
alter table mart.completion add column month_value decimal(24, 6);
alter table mart.completion add column growth_ratio decimal(24, 6);
alter table mart.completion add column completion_ratio decimal(24, 6) default 0.5;
create table mart.ranking as select * from (values
    ('110101001', '110101001001', 1, 3, cast(1.0666 as decimal(24, 6)), 2, 1, 'own', 1, 1, null),
    ('110101001', '110101001002', 2, 3, 0.8, 1, -1, 'restatement', 2, 3, null),
    ('110101001', '110101001003', null, 3, null, null, null, null, null, null, 'not_reported'),
) as ranking(
    parent_code, org_unit_code, completion_rank, peers_count, metric_value, previous_rank, rank_change, change_cause,
    best_rank, worst_rank, unranked_reason
);
alter table mart.ranking add column scope text default 'overall';
alter table mart.ranking add column report_month date default date '2031-09-01';
alter table mart.ranking add column is_sample boolean default false;
create table mart.reporting as select * from (values
    ('110101001001', 'community_monthly', date '2031-09-01', date '2031-10-08', 'accepted', 'on_time', 0, 10, 10),
    ('110101001002', 'community_monthly', date '2031-09-01', date '2031-10-08', 'held', 'late', 3, 10, 9),
    ('110101001003', 'community_monthly', date '2031-09-01', date '2031-10-08', 'missing', 'missing', 8, 10, 0),
    ('110101001', 'subdistrict_monthly', date '2031-09-01', date '2031-10-08', 'accepted', 'on_time', 0, 20, 20),
    ('110101001001', 'community_monthly', date '2031-10-01', date '2031-11-05', 'awaited', 'awaited', 0, 10, 0),
) as reporting(
    org_unit_code, form_code, report_month, due_on, state, timeliness, days_late_count, cells_asked_count,
    cells_filled_count
);
create table mart.reporting_rate as select
    cast(unit as text) as org_unit_code,
    form as form_code,
    date '2031-09-01' as report_month,
    date '2031-10-08' as due_on,
    units as units_due_count,
    reported as units_reported_count,
    in_time as units_on_time_count,
    late as units_late_count,
    missing as units_missing_count,
    0 as units_awaited_count,
    asked as cells_asked_count,
    filled as cells_filled_count,
    cast(rate as decimal(24, 6)) as reporting_ratio,
    cast(on_time as decimal(24, 6)) as on_time_ratio,
from (values
    ('110101001', 'community_monthly', 3, 2, 1, 1, 1, 30, 19, 0.633333, 0.333333),
    ('110101001', 'subdistrict_monthly', 1, 1, 1, 0, 0, 20, 20, 1, 1),
    ('110101001001', 'community_monthly', 1, 1, 1, 0, 0, 10, 10, 1, 1),
    ('110101001002', 'community_monthly', 1, 1, 0, 1, 0, 10, 9, 0.9, 0),
    ('110101001003', 'community_monthly', 1, 0, 0, 0, 1, 10, 0, 0, 0),
) as rate_of(unit, form, units, reported, in_time, late, missing, asked, filled, rate, on_time);

create table mart.english as
select
    name,
    name_en,
from (values ('前进街道', 'Qianjin'), ('甲', 'Jia'), ('企业办', 'Enterprise Office')) as name_of(name, name_en);
