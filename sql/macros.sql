-- The rules that more than one table needs: each has its one home here.

-- A value in millionths: exact integers to divide. Values are decimal(24, 6). Nearly all are under a million, and 64 bits
-- multiply those forty times as fast.
create or replace macro millionths(value) as
    case
        when value between -999999 and 999999
            then cast(cast(cast(value as decimal(18, 6)) * 1000000 as bigint) as hugeint)
        else cast(cast(value as decimal(38, 6)) * 1000000 as hugeint)
    end;

-- The quotient of two positive integers in millionths, rounded half away from zero.
create or replace macro half_away_steps(numerator, denominator) as
    (2000000 * numerator + denominator) // (2 * denominator);

-- The quotient of an integer of either sign and a positive one, rounded half away from zero to an integer.
create or replace macro half_away(numerator, denominator) as
    sign(cast(numerator as hugeint)) * ((2 * abs(cast(numerator as hugeint)) + denominator) // (2 * denominator));

-- The numerator of a fraction brought to another denominator: exact where that is a multiple, else rounded once.
create or replace macro rescaled(numerator, denominator, new_denominator) as
    case
        when denominator = new_denominator then numerator
        else
            numerator // denominator * new_denominator
            + half_away(numerator % denominator * new_denominator, denominator)
    end;

-- The smallest number that each of the denominators divides; null beyond a limit, where 127 bits could run out.
create or replace macro common_multiple(denominators, limit_value) as
    list_reduce(
        list_distinct(denominators),
        lambda multiple, denominator: case
            when lcm(multiple, denominator) <= limit_value then lcm(multiple, denominator)
        end,
        cast(1 as hugeint)
    );

-- Every number of months up to twelve divides it: means over months are whole numbers of these parts.
create or replace macro mean_parts() as
    cast(27720 as hugeint);

-- The months from one to another of the same year, one bit each: January is bit 1.
create or replace macro month_bits(first_month, last_month) as
    (1 << (month(last_month) + 1)) - (1 << month(first_month));

-- Millionths as a decimal with 6 places.
create or replace macro from_ratio_steps(steps) as
    cast(steps as decimal(32, 0)) * cast(0.000001 as decimal(6, 6));

-- A figure of this size is a slip of the keyboard: no value, target or baseline is as large (a million millions).
create or replace macro impossible_size() as
    cast(1000000000000 as decimal(24, 6));

-- Every figure is kept as decimal(24, 6): a quotient that is larger counts as the most that it holds, in millionths.
create or replace macro most_steps() as
    cast(999999999999999999999999 as hugeint);

-- The quotient of two positive integers in millionths, the whole part apart: only the divisor must leave 127 bits room.
create or replace macro long_steps(numerator, denominator) as
    least(
        least(numerator // denominator, most_steps()) * 1000000
        + half_away_steps(numerator % denominator, denominator),
        most_steps()
    );

-- One exact division, rounded once, half away from zero, to 6 decimals; null when there is nothing to divide by, or
-- when what is to be divided outgrew 127 bits (a factor wrapped in try): no figure is better than no night.
-- domain.md, Indicators: nothing in between is rounded.
create or replace macro exact_ratio(numerator, denominator) as
    case
        -- 64 bits are enough for nearly all, and divide ten times as fast
        when numerator between -900000000000000000 and 900000000000000000 and denominator between 1 and 4000000000000
            then from_ratio_steps(
                case when numerator < 0 then -1 else 1 end
                * (
                    cast(abs(cast(numerator as bigint)) // cast(denominator as bigint) as hugeint) * 1000000
                    + half_away_steps(
                        abs(cast(numerator as bigint)) % cast(denominator as bigint), cast(denominator as bigint)
                    )
                )
            )
        when denominator != 0
            then from_ratio_steps(
                sign(cast(numerator as hugeint)) * sign(cast(denominator as hugeint))
                * case
                    when abs(denominator) < 80000000000000000000000000000000
                        then long_steps(abs(cast(numerator as hugeint)), abs(cast(denominator as hugeint)))
                    -- reduce the few fractions that are larger
                    else
                        long_steps(
                            abs(cast(numerator as hugeint)) // gcd(cast(numerator as hugeint), cast(denominator as hugeint)),
                            abs(cast(denominator as hugeint)) // gcd(cast(numerator as hugeint), cast(denominator as hugeint))
                        )
                end
            )
    end;

-- A number as it was typed, in another unit. What is far beyond any possible size is kept as a thousand times that, to
-- be told (check.value_cell): a typed identity number must not stop the night.
create or replace macro converted(number, multiplier) as
    case
        when abs(cast(number as double) * multiplier) < 1e15 then cast(number * multiplier as decimal(24, 6))
        when multiplier is not null then sign(number) * 1000 * impossible_size()
    end;

-- Digits of half width and a capital X, as the patterns of personal numbers expect them; 一三八… is a number spoken.
create or replace macro plain_digits(text) as
    translate(
        text,
        '０１２３４５６７８９Ｘｘx〇零一二三四五六七八九○幺壹贰叁肆伍陆柒捌玖',
        '0123456789XXX0012345678901123456789'
    );

-- Whether there is an identity card's number: place, day of birth, serial number, check digit; or the 15 digits of the
-- old card.
create or replace macro has_card_number(plain_text) as
    regexp_matches(
        plain_text,
        '(^|\D)[1-9]\d{5}[\s-]?(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])[\s-]?\d{3}[\dX]($|[^\dX])'
    )
    or regexp_matches(plain_text, '(^|\D)[1-9]\d{5}\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{3}($|\D)');

-- The night that an as-of moment names (the connection is in office time).
create or replace macro night_of(as_of) as
    strftime(as_of, '%Y-%m-%dT%H:%M:%S');

-- The calendar day, in office time, on which a moment falls.
create or replace macro day_of(moment) as
    cast(moment as date);

-- Letters and digits of full width, and the signs that stand in names and codes, as those of half width.
create or replace macro half_width(text) as
    translate(
        text,
        '（）＿－．％０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ',
        '()_-.%0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
    );

-- A name as people compare names: no white space, full width as half width.
create or replace macro plain_name(name) as
    regexp_replace(nfc_normalize(half_width(name)), '\s', '', 'g');

-- The numbers of a version, which order it: 2024.10 comes after 2024.9; null of any other name.
create or replace macro version_parts(version) as
    case
        when regexp_full_match(plain_name(version), '[0-9]{1,9}(\.[0-9]{1,9})*')
            then cast(string_split(plain_name(version), '.') as bigint[])
    end;

-- A note as it is compared with the phrases that explain nothing: letters and digits alone, full width as half width,
-- capitals as small letters, and the traditional characters that such phrases are written with as simplified ones.
create or replace macro plain_note(note) as
    translate(
        lower(
            regexp_replace(
                half_width(nfc_normalize(note)),
                '[\s\p{Z}\p{P}\p{S}\p{C}]',
                '',
                'g'
            )
        ),
        '實無誤況屬據確認異經報數對準與過沒請說為後覈問題備註際單區錯變動檢複審閱見詳場業',
        '实无误况属据确认异经报数对准与过没请说为后核问题备注际单区错变动检复审阅见详场业'
    );

-- The phrases of unexplained.csv as notes are compared with them, the longest first.
create or replace macro plain_phrases(phrases) as
    list_transform(
        list_reverse_sort(
            list_transform(
                list_filter(list_distinct(phrases), lambda phrase: plain_note(phrase) != ''),
                lambda phrase: {'size': length(plain_note(phrase)), 'phrase': plain_note(phrase)}
            )
        ),
        lambda sized: sized.phrase
    );

-- What is left of a note without the indicator's own name, the phrases that explain nothing, bare numbers and the unit
-- (one of a single character stays: alone it is too short, and 并户 is a reason where households are counted).
create or replace macro note_beyond_phrases(note, indicator_name, unit, phrases) as
    regexp_replace(
        replace(
            list_reduce(
                phrases,
                lambda rest, phrase: replace(rest, phrase, ' '),
                -- what came to nothing is no bare number
                regexp_replace(
                    replace(plain_note(note), coalesce(nullif(plain_note(indicator_name), ''), '　'), ' '),
                    '([清归])零',
                    '\1空',
                    'g'
                )
            ),
            case when length(plain_note(unit)) > 1 then plain_note(unit) else '　' end,
            ' '
        ),
        -- a date says when, and not why
        '[0-9]+[年月日号]|[ 0-9〇零一二两三四五六七八九十百千万亿]',
        '',
        'g'
    );

-- Whether a note gives a reason: no formula, and beyond such phrases at least two characters, of four or more at least
-- three (哈哈哈哈); in letters at least two words, or one of six letters or more. A page of a register is one, that
-- somebody looked (a name, 核实无误) is none.
create or replace macro is_explanation(note, indicator_name, unit, phrases) as
    case
        when note is null then false  -- most rows have none, and need not go through the phrases
        when regexp_matches(plain_note(note), '(台账|登记簿|档案|清单)第?[0-9一二三四五六七八九十百]+(页|号|条|册)')
            then true
        when
            regexp_matches(
                note,
                '^[\s\p{Z}]*[小老]?(欧阳|司马|上官|诸葛|皇甫|尉迟|公孙|慕容|夏侯|令狐|['
                || '王李张刘陈杨黄赵周吴徐孙胡朱何郭罗梁宋郑谢韩唐冯董程曹袁邓许沈曾彭吕苏卢蒋蔡贾丁魏薛叶余潘杜戴'
                || '林高马洪施庄柯尤詹方石金江白雷夏钟汪田任姜范姚谭廖邹熊陆郝孔崔康毛邱秦顾侯邵孟龙万段钱汤尹黎易武贺'
                || '赖龚文庞樊兰殷陶翟颜倪严牛温芦俞章鲁葛伍韦申毕聂焦柳邢岳齐梅莫辛管祝涂祁舒耿牟卜关苗凌纪靳盛童欧甄'
                || '项游裴席卫屈鲍覃霍翁甘景包柏宁阮桂闵柴华车冉吉饶刁瞿戚丘滕邬臧褚娄符穆晏郁喻窦卓艾蓝巩虞卞佟'
                || '])\p{Han}{0,2}'
                || '[\s\p{Z}]*已?经?(电话)?(核实|核对|确认|复核|审核|核查)(无误|过|属实)?[\s\p{Z}\p{P}]*$'
            )
            -- what begins like a name and is a reason: 高温核实无误
            and not regexp_matches(
                note,
                '^[\s\p{Z}]*(张贴|高[温考龄空三]|林[地业木区]|马路|洪[水涝灾峰]|施[工肥救]|方案|石[材料油]|金额|江[水面]|白天|雷[雨击电]'
                || '|夏[季收粮汛]|田[间地]|任[务期]|康复|毛利|龙舟|万人|段落|钱款|易[涝发]|文[件化明体]|严[打重管]|牛[羊瘟]|温[度控]|申[报请领]'
                || '|毕业|梅雨|管[道网理控线]|关[停闭门]|苗[木圃]|纪[念检委]|盛[夏会]|项目|游[客园行]|席位|卫[生健]|包[装车]|华侨|车[辆位展祸])'
            )
            then false
        else not regexp_matches(note, '^[\s\p{Z}]*([=＝@＠]|[+＋－-][\s\p{Z}]*[A-Za-zＡ-Ｚａ-ｚ]+[(（])')
        -- a list of one, so that what is left is worked out once
        and list_transform(
            [note_beyond_phrases(note, indicator_name, unit, phrases)],
            lambda rest: len(list_distinct(string_split(rest, ''))) >= case when length(rest) >= 4 then 3 else 2 end
            and (
                regexp_matches(rest, '\p{Han}.*\p{Han}')
                or (
                    regexp_matches(note, '[A-Za-z]{2,}[^A-Za-z]+[A-Za-z]{2,}')
                    and regexp_matches(rest, '[a-z].*[a-z].*[a-z]')
                )
                or regexp_matches(rest, '[a-z]{6,}')
            )
        )[1]
    end;

-- A number is an answer, and so is the day on which something was finished; blank is none.
create or replace macro has_answer(month_value, ytd_value, finished_on) as
    month_value is not null or ytd_value is not null or finished_on is not null;

-- "Not applicable", said in so many words where no number stands, is another answer.
create or replace macro says_not_applicable(month_value, ytd_value, finished_on, month_state, ytd_state) as
    not has_answer(month_value, ytd_value, finished_on)
    and 'not_applicable' in (coalesce(month_state, ''), coalesce(ytd_state, ''));

-- How many millionths one step of an indicator's decimals is: 1000000 for whole numbers, 10000 for two decimals.
create or replace macro step_size(decimals) as
    cast(list_extract([1000000, 100000, 10000, 1000, 100, 10, 1], cast(decimals as integer) + 1) as hugeint);

-- Millionths back to a value.
create or replace macro from_millionths(amount) as
    cast(from_ratio_steps(amount) as decimal(24, 6));

-- A value as a message shows it: two decimals at most, half away from zero, no trailing zeros.
create or replace macro shown_number(value) as
    rtrim(rtrim(cast(cast(value as decimal(24, 2)) as varchar), '0'), '.');

-- Rounded half away from zero to so many decimals, all of them shown.
create or replace macro decimal_text(value, decimals) as
    case decimals
        when 0 then cast(cast(value as decimal(24, 0)) as varchar)
        when 1 then cast(cast(value as decimal(24, 1)) as varchar)
        when 2 then cast(cast(value as decimal(24, 2)) as varchar)
        when 3 then cast(cast(value as decimal(24, 3)) as varchar)
        when 4 then cast(cast(value as decimal(24, 4)) as varchar)
        when 5 then cast(cast(value as decimal(24, 5)) as varchar)
        else cast(cast(value as decimal(24, 6)) as varchar)
    end;

-- An amount as pages and digests show it (jindu/shown.py, places): from a thousand on whole, in threes; below, with the
-- indicator's decimals, and one more where it is under ten and no whole number (5.25 due by now).
create or replace macro shown_measured(value, own_decimals) as
    case
        when abs(value) >= 1000 then format('{:,}', cast(round(value) as bigint))
        when abs(value) >= 10 or value = cast(decimal_text(value, coalesce(own_decimals, 0)) as decimal(24, 6))
            then decimal_text(value, coalesce(own_decimals, 0))
        else decimal_text(value, coalesce(own_decimals, 0) + 1)
    end;

-- A figure as a message quotes it: of an indicator in points a percentage, one that is not there a dash.
create or replace macro figure_text(value, indicator_kind) as
    coalesce(
        case
            when indicator_kind in ('ratio', 'growth', 'milestone') then shown_number(100 * value) || '%'
            else shown_number(value)
        end,
        '—'
    );

-- About how much: three digits say the size, written out (1230000, never 1.23e+06).
create or replace macro shown_about(value) as
    rtrim(
        rtrim(cast(cast(cast(printf('%.3g', cast(value as double)) as double) as decimal(38, 6)) as varchar), '0'), '.'
    );

-- An amount in its indicator's unit; as it was written in brackets where that reads otherwise: 3000元（0.3万元）.
create or replace macro shown_amount(amount, unit, written) as
    case
        when unit is null then written
        when written = rtrim(rtrim(cast(cast(amount as decimal(24, 6)) as varchar), '0'), '.') then written || unit
        else rtrim(rtrim(cast(cast(amount as decimal(24, 6)) as varchar), '0'), '.') || unit || '（' || written || '）'
    end;

-- Few enough to point at somebody: a restricted value like this is withheld (domain.md, Indicators: publicity).
create or replace macro is_small(value) as
    abs(value) < 3;

-- What may be published of a value that rests on a withheld one: nothing.
create or replace macro unless_suppressed(value, is_suppressed) as
    case when not coalesce(is_suppressed, false) then value end;

-- A value as a page or an export shows it. What is under 3 and what is withheld so that none under 3 can be worked out
-- have one word, for which is which would give small ones away (0, 0 and 3 of a known 3); and no size, for "<3" would
-- not be true of all.
create or replace macro shown_value(value, is_suppressed) as
    case
        when not coalesce(is_suppressed, false)
            then regexp_replace(cast(cast(value as decimal(24, 6)) as varchar), '\.?0+$', '')
        when value is not null then '不公开'
    end;

-- Why a file could not be read, in a few words (the sentence that says what to do is refusal_zh).
create or replace macro refusal_words(refusal_code) as
    case refusal_code
        when 'empty_file' then '0 字节'
        when 'too_large' then '文件过大'
        when 'not_a_workbook' then '不是可用的工作簿'
        when 'unknown_encoding' then '文字编码不明'
        when 'legacy_format' then '旧格式（如 .xls）'
        when 'encrypted' then '设有打开密码'
        when 'macro' then '带有宏'
        when 'no_table' then '没有找到表头'
        when 'ambiguous_table' then '表头重复'
        when 'mixed_document' then '几份报表混在一起'
        when 'no_rows' then '没有填报的行'
        when 'reader_failed' then '读取中断'
    end;

-- What is expected of a file that was refused so: the formats only where it is of none of them.
create or replace macro refusal_remedy(refusal_code) as
    case refusal_code
        when 'empty_file' then '> 0 字节'
        when 'too_large' then '只含本表的文件'
        when 'unknown_encoding' then 'UTF-8 或 GB18030'
        when 'encrypted' then '没有打开密码'
        when 'macro' then '不带宏的 .xlsx'
        when 'no_table' then '有表头：指标和数值'
        when 'ambiguous_table' then '一个表头'
        when 'mixed_document' then '一份文件一张报表'
        when 'no_rows' then '填报的行'
        when 'reader_failed' then '没有损坏的文件'
        when 'not_a_workbook' then '没有损坏的 .xlsx, .xls, .et, .csv'
        else '.xlsx, .xls, .et, .csv'
    end;

-- What a spreadsheet's error value says, for whoever is to mend it; null for a text that is none.
create or replace macro formula_error_words(text) as
    case
        when text = '#REF!' then '公式引用的单元格已被删除'
        when text = '#DIV/0!' then '公式的除数是 0 或空白'
        when text = '#N/A' then '公式没有查到要找的数'
        when text = '#NAME?' then '公式名写错了'
        when text = '#VALUE!' then '公式里把文字当成了数'
        when text in ('#NUM!', '#NULL!') then '公式算不出结果'
        when starts_with(text, '=') and length(text) > 1 then '公式没有算出结果'
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
    case
        when text is null then message
        else
            replace(
                replace(message, text, coalesce(shown_text, '…')),
                -- a message holds no line breaks: what was typed with one stands in it with a space
                regexp_replace(text, '[\x00-\x1f\x7f-\x{9f}]+', ' ', 'g'),
                coalesce(shown_text, '…')
            )
    end;

-- A refusal without the texts of cells that it quotes: from its first quotation mark to its last.
create or replace macro without_quotation(refusal) as
    regexp_replace(refusal, '“.*”', '“…”', 's');

-- An exact fraction in words: a decimal where six places hold it (187.5), else the reduced fraction (550/3).
create or replace macro exact_text(numerator, denominator) as
    case
        when numerator is null or denominator is null or denominator = 0 then null
        -- six places hold what is so many millionths, once reduced; compared so that nothing outgrows 127 bits
        when
            abs(cast(numerator as hugeint) // denominator) < 1000000000000000000
            and 1000000 % (denominator // gcd(cast(numerator as hugeint), cast(denominator as hugeint))) = 0
            then regexp_replace(
                cast(
                    from_ratio_steps(
                        cast(numerator as hugeint) // gcd(cast(numerator as hugeint), cast(denominator as hugeint))
                        * (1000000 // (denominator // gcd(cast(numerator as hugeint), cast(denominator as hugeint))))
                    ) as varchar
                ),
                '\.?0+$',
                ''
            )
        else
            cast(
                sign(denominator) * cast(numerator as hugeint)
                // gcd(cast(numerator as hugeint), cast(denominator as hugeint)) as varchar
            )
            || '/'
            || cast(
                abs(cast(denominator as hugeint))
                // gcd(cast(numerator as hugeint), cast(denominator as hugeint)) as varchar
            )
    end;

-- How high this year stands against last year in the same months, last year's mean added three times to both: one or
-- two months alone say little.
create or replace macro height_ratio(amount, last_year_amount, last_year_total) as
    (4.0e0 * coalesce(amount, 0) + last_year_total)
    / nullif(4.0e0 * coalesce(last_year_amount, 0) + last_year_total, 0);

-- By how much a forecast was off, in whole millionths, so that sums of squares are exact: a miss of a million millions
-- or more counts as that.
create or replace macro missed_by(amount, forecast) as
    case
        when amount is not null and forecast is not null
            then cast(round(greatest(-1e18, least(1e18, amount - forecast))) as hugeint)
    end;

-- A number by itself, to the 16th power in the end: products alone are the same on every machine.
create or replace macro squared(number) as
    number * number;

-- The chance that a normal value lies above so many standard deviations (0 or more), off by less than 0.0000002
-- (Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.19).
create or replace macro upper_chance(deviations) as
    0.5e0 / squared(squared(squared(squared(
        1 + deviations * (
            0.0498673470e0 + deviations * (
                0.0211410061e0 + deviations * (
                    0.0032776263e0 + deviations * (
                        0.0000380036e0 + deviations * (0.0000488906e0 + deviations * 0.0000053830e0)
                    )
                )
            )
        )
    ))));

-- The chance that a normal value lies below so many standard deviations.
create or replace macro normal_chance(deviations) as
    case when deviations < 0 then upper_chance(abs(deviations)) else 1 - upper_chance(abs(deviations)) end;

-- What honest months vary by, squared. Of the median deviation, which no single slip can move, and the distance between
-- the outer tenths, because the median deviation is 0 where most months are alike, the larger one; 1.4826 and 2.5631
-- make them the standard deviation of a normal distribution.
create or replace macro robust_variance(median_deviation, tenths) as
    squared(greatest(1.4826e0 * median_deviation, (tenths[2] - tenths[1]) / 2.5631e0));

-- What quantile_cont says of a list that is in order already: between two members, by how far it is to the next.
create or replace macro quantile_of_sorted(sorted_list, share) as
    sorted_list[floor((len(sorted_list) - 1) * share::double)::integer + 1]
    * (1 - ((len(sorted_list) - 1) * share::double - floor((len(sorted_list) - 1) * share::double)))
    + sorted_list[ceil((len(sorted_list) - 1) * share::double)::integer + 1]
    * ((len(sorted_list) - 1) * share::double - floor((len(sorted_list) - 1) * share::double));

-- The robust variance of a list that is in order.
create or replace macro sorted_variance(sorted_list) as
    robust_variance(
        list_mad(sorted_list), [quantile_of_sorted(sorted_list, 0.1), quantile_of_sorted(sorted_list, 0.9)]
    );

-- A spread to measure with: few months tell little of it, so what is usual elsewhere is mixed in, as if it were eight
-- months more; at least one unit, for the smallest counts jump.
create or replace macro mixed_spread(months_count, variance, usual_variance) as
    greatest(1, sqrt((months_count * variance + 8 * usual_variance) / (months_count + 8)));

-- How much farther a value may lie when its spread was told from few months, as in Student's distribution.
create or replace macro allowance(months_count) as
    1 + 3e0 / (months_count + 3);
