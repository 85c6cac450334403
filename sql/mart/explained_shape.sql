-- grain: one row per org unit, indicator and month whose target takes the shape of last year: its months
-- view: worked out when somebody asks, from mart alone; ask for one unit, indicator and month.
with shaped_month as (
    select
        completion.org_unit_code,
        completion.indicator_code,
        completion.report_month,
        completion.target_due_month,
        due.share_text,
        last_year.report_month as source_month,
        last_year.month_value,
        month(last_year.report_month) || '月 ' || regexp_replace(cast(last_year.month_value as varchar), '\.?0+$', '')
            as term_zh,
        strftime(last_year.report_month, '%b ') || regexp_replace(cast(last_year.month_value as varchar), '\.?0+$', '')
            as term_en,
        last_year.report_month + interval 1 year <= completion.report_month as is_due,
    from mart.completion as completion
    inner join mart.target_month as due
        on
            completion.org_unit_code = due.org_unit_code
            and completion.indicator_code = due.indicator_code
            and completion.report_month = due.report_month
            and year(completion.report_month) = due.plan_year
    inner join mart.completion as last_year
        on
            completion.org_unit_code = last_year.org_unit_code
            and completion.indicator_code = last_year.indicator_code
            and last_year.report_month + interval 1 year between due.from_month and completion.target_due_month
    where completion.target_phasing = 'seasonal' and due.share_text is not null and not due.is_inherited
),

shape as (
    select
        org_unit_code,
        indicator_code,
        report_month,
        any_value(share_text) as share_text,
        sum(month_value) as whole_value,
        string_agg(term_zh, ' + ' order by source_month) as terms_zh,
        string_agg(term_en, ' + ' order by source_month) as terms_en,
        regexp_replace(cast(whole_value as varchar), '\.?0+$', '') as whole_text,
        regexp_replace(
            cast(coalesce(sum(month_value) filter (where is_due), 0) as varchar), '\.?0+$', ''
        ) as due_text,
    from shaped_month
    group by org_unit_code, indicator_code, report_month
    -- last year as it is known now has every month, or it would not be the shape
    having count(*) = count(month_value)
)

select
    org_unit_code,
    indicator_code,
    report_month,
    51 as section,
    'shape' as kind,
    whole_value as value,
    concat(
        '上年走势 ', whole_text, ' = ', terms_zh,
        '；到本月为止 ', due_text, '，应完成占 ', due_text, ' ÷ ', whole_text, '，即 ', share_text
    ) as text_zh,
    concat(
        'Shape of last year ', whole_text, ' = ', terms_en,
        '; ', due_text, ' of it by this month, so due is ', due_text, ' ÷ ', whole_text, ', which is ', share_text
    ) as text_en,
from shape
