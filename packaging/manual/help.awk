# A page from what `holdfast help VERB` prints.

/^OVERVIEW: / {
    sub(/^OVERVIEW: /, "")
    part = "abstract"
}

/^USAGE: / {
    if (part == "abstract") name_and_abstract()
    exact(0)
    sub(/^USAGE: /, "")
    printf ".SH SYNOPSIS\n%s\n", escaped($0)
    part = "usage"
    next
}

part == "usage" && /^$/ {
    description()
    part = ""
    next
}

/^[A-Z]+:$/ {
    sub(/:$/, "")
    printf ".SH %s\n", $0
    part = "items"
    next
}

part == "abstract" && /^$/ {
    name_and_abstract()
    part = "discussion"
    next
}

part == "abstract" { abstract = abstract (abstract == "" ? "" : " ") $0; next }
part == "discussion" && /^Example: / { sub(/^Example: /, ""); examples[++exampleCount] = $0; next }
part == "discussion" { discussion[++lineCount] = $0; next }
part == "usage" { print ".br\n" escaped($0); next }

# An option begins at the margin of its list; what it is stands beside it, or below.
part == "items" && /^  [^ ]/ {
    text = substr($0, 3)
    gap = match(text, /  +/)
    print ".TP"
    print "\\fB" escaped(gap ? substr(text, 1, gap - 1) : text) "\\fR"
    if (gap) print escaped(substr(text, RSTART + RLENGTH))
    next
}

part == "items" && /^ +[^ ]/ { sub(/^ +/, ""); if ($0 !~ /^See /) print escaped($0); next }
part == "items" && /^  See / { next }

function name_and_abstract() {
    sub(/\.$/, "", abstract)
    title(abstract)
}

function description(    i) {
    print ".SH DESCRIPTION"
    if (lineCount == 0) print escaped(abstract) "."
    for (i = 1; i <= lineCount; i++) {
        if (discussion[i] == "") {
            exact(0)
            print ".PP"
            continue
        }
        exact(discussion[i] ~ /^ /)
        print escaped(discussion[i])
    }
    exact(0)
    if (exampleCount == 0) return
    print ".SH EXAMPLES"
    exact(1)
    for (i = 1; i <= exampleCount; i++) print escaped(examples[i])
    exact(0)
}

END {
    if (part == "discussion") description()
    print ".SH SEE ALSO"
    print ".BR holdfast (1),\n.BR holdfast\\-query (7),\n.BR holdfast.toml (5),\n.BR holdfast\\-segment (5)"
}
