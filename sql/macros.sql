-- macros
select 1;
