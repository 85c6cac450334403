-- The rules that more than one table needs: each has its one home here.

-- A value in millionths: exact integers to divide. Values are decimal(24, 6).
create or replace macro millionths(value) as
    cast(cast(value as decimal(38, 6)) * 1000000 as hugeint);

-- The quotient of two positive integers in millionths, rounded half away from zero.
create or replace macro half_away_steps(numerator, denominator) as
    (2000000 * numerator + denominator) // (2 * denominator);

-- The quotient of an integer of either sign and a positive one, rounded half away from zero to an integer.
create or replace macro half_away(numerator, denominator) as
    sign(cast(numerator as hugeint)) * ((2 * abs(cast(numerator as hugeint)) + denominator) // (2 * denominator));

-- Millionths as a decimal with 6 places.
create or replace macro from_ratio_steps(steps) as
    cast(steps as decimal(32, 0)) * cast(0.000001 as decimal(6, 6));

-- One exact division, rounded once, half away from zero, to 6 decimals; null when there is nothing to divide by.
-- domain.md, Indicators: nothing in between is rounded.
create or replace macro exact_ratio(numerator, denominator) as
    case
        when numerator is null or denominator is null or denominator = 0 then null
        else
            from_ratio_steps(
                sign(cast(numerator as hugeint)) * sign(cast(denominator as hugeint))
                * case
                    -- 2 million times the numerator must fit 127 bits: reduce the few fractions that are larger
                    when abs(numerator) < 80000000000000000000000000000000
                        then half_away_steps(abs(cast(numerator as hugeint)), abs(cast(denominator as hugeint)))
                    else
                        half_away_steps(
                            abs(cast(numerator as hugeint)) // gcd(cast(numerator as hugeint), cast(denominator as hugeint)),
                            abs(cast(denominator as hugeint)) // gcd(cast(numerator as hugeint), cast(denominator as hugeint))
                        )
                end
            )
    end;

-- The night that an as-of moment names (the connection is in office time).
create or replace macro night_of(as_of) as
    strftime(as_of, '%Y-%m-%dT%H:%M:%S');

-- The calendar day, in office time, on which a moment falls.
create or replace macro day_of(moment) as
    cast(moment as date);

-- A name as people compare names: no white space, full width as half width.
create or replace macro plain_name(name) as
    regexp_replace(nfc_normalize(translate(name, '（）＿－０１２３４５６７８９', '()_-0123456789')), '\s', '', 'g');

-- A note as it is compared with the phrases that explain nothing: no white space, no punctuation.
create or replace macro plain_note(note) as
    regexp_replace(nfc_normalize(note), '[\s\p{P}]', '', 'g');

-- How many millionths one step of an indicator's decimals is: 1000000 for whole numbers, 10000 for two decimals.
create or replace macro step_size(decimals) as
    cast(list_extract([1000000, 100000, 10000, 1000, 100, 10, 1], cast(decimals as integer) + 1) as hugeint);

-- Millionths back to a value.
create or replace macro from_millionths(amount) as
    cast(from_ratio_steps(amount) as decimal(24, 6));

-- A value as a message shows it: two decimals at most, half away from zero, no trailing zeros.
create or replace macro shown_number(value) as
    rtrim(rtrim(cast(cast(value as decimal(24, 2)) as varchar), '0'), '.');

-- Few enough to point at somebody: a restricted value like this shows as <3 (domain.md, Indicators: publicity).
create or replace macro is_small(value) as
    abs(value) < 3;

-- What may be published of a value that rests on a withheld one: nothing.
create or replace macro unless_suppressed(value, is_suppressed) as
    case when not coalesce(is_suppressed, false) then value end;

-- A value as a page or an export shows it. The star is explained beside it: under 3, or withheld so that none under 3
-- can be worked out. It is the same for both, for which is which would give small ones away (0, 0 and 3 of a known 3).
create or replace macro shown_value(value, kind, is_suppressed) as
    case
        when value is null then null
        when not coalesce(is_suppressed, false)
            then regexp_replace(cast(cast(value as decimal(24, 6)) as varchar), '\.?0+$', '')
        when kind in ('flow', 'stock') then '<3*'
        else '*'
    end;

-- Why a file could not be read, in a few words (the sentence that says what to do is refusal_zh).
create or replace macro refusal_words(refusal_code) as
    case refusal_code
        when 'empty_file' then '0 字节'
        when 'too_large' then '文件过大'
        when 'not_a_workbook' then '不是可用的工作簿'
        when 'legacy_format' then '旧格式（如 .xls）'
        when 'encrypted' then '设有打开密码'
        when 'macro' then '带有宏'
        when 'no_table' then '没有找到表头'
        when 'ambiguous_table' then '表头重复'
        when 'mixed_document' then '几份报表混在一起'
        when 'no_rows' then '没有填报的行'
        when 'reader_failed' then '读取中断'
    end;

-- A text with its mobile numbers left out, written in one or in groups of 3-4-4; digits of full width are digits.
create or replace macro without_telephone(text) as
    regexp_replace(
        text,
        '(^|\P{Nd})[1１][3-9３-９]\p{Nd}[\s-]?\p{Nd}{4}[\s-]?\p{Nd}{4}(\P{Nd}|$)',
        '\1…\2',
        'g'
    );

-- A message in which a text stands as it is shown.
create or replace macro with_shown(message, text, shown_text) as
    case when text is null then message else replace(message, text, coalesce(shown_text, '…')) end;

-- A refusal without the texts of cells that it quotes: from its first quotation mark to its last.
create or replace macro without_quotation(refusal) as
    regexp_replace(refusal, '“.*”', '“…”', 's');
