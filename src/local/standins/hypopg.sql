-- Stand-in for hypopg, which is for asking by hand: it has no functions.

select 1;
