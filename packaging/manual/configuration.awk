# The page of the configuration, from the commented file itself.

BEGIN {
    title("the configuration of Holdfast")
    print ".SH DESCRIPTION"
}

/^\[/ {
    printf ".SH \"%s\"\n", escaped($0)
    told()
    next
}

/^#?[a-z_]+ = / {
    key = $0
    sub(/^#/, "", key)
    sub(/ = .*/, "", key)
    keys = keys (keys == "" ? "" : ", ") key
    next
}

# A comment is held back until it is known what it is about.
/^# ?/ { sub(/^# ?/, ""); comment[++count] = $0; next }
/^#$/ { comment[++count] = ""; next }

/^$/ { paragraph() }

function paragraph() {
    if (keys != "") printf ".TP\n\\fB%s\\fR\n", escaped(keys)
    else if (count) print ".PP"
    told()
    keys = ""
}

function told(    i) {
    for (i = 1; i <= count; i++) {
        # A blank line within an entry must not end it.
        if (comment[i] == "") { print ".sp"; continue }
        exact(comment[i] ~ /^  /)
        if (comment[i] ~ /^Default: /) print ".br"
        print escaped(comment[i])
    }
    exact(0)
    count = 0
}

END {
    paragraph()
    print ".SH FILES\n.I /etc/holdfast/holdfast.toml\n.br\n.I /etc/holdfast/conf.d/*.toml"
    print ".SH SEE ALSO\n.BR holdfast (1),\n.BR holdfast\\-serve (1)"
}
