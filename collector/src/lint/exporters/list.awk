# What an exporter shows, a metric a line: its name, its kind and its labels, without `le` and `quantile`.
#
#   curl -s http://127.0.0.1:9121/metrics | awk -f list.awk | LC_ALL=C sort
/^# TYPE / { kind[$3] = $4; next }
/^#/ || !NF { next }
{
    gsub(/"([^"\\]|\\.)*"/, "")
    name = $0
    sub(/[{ ].*/, "", name)
    if (!(name in kind)) sub(/_(bucket|sum|count)$/, "", name)
    if (!(name in labels)) labels[name] = ""
    if (!match($0, /\{.*\}/)) next
    count = split(substr($0, RSTART + 1, RLENGTH - 2), given, /=,?/)
    for (i = 1; i <= count; i++)
        if (given[i] !~ /^(le|quantile|)$/ && !seen[name, given[i]]++) labels[name] = labels[name] " " given[i]
}
END { for (name in labels) print name " " (name in kind ? kind[name] : "untyped") labels[name] }
