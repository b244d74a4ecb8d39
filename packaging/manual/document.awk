# A page from one of our documents in Markdown, as far as they use it.

/^# / && !begun { sub(/^# /, ""); sub(/^The /, "the "); title($0); begun = 1; print ".SH DESCRIPTION"; next }
/^```/ { isCode = !isCode; exact(isCode); next }
isCode { print escaped($0); next }
/^## / { exact(0); sub(/^## /, ""); printf ".SH \"%s\"\n", toupper(escaped($0)); next }
/^### / { exact(0); sub(/^### /, ""); printf ".SS \"%s\"\n", escaped($0); next }
/^\|[ :|-]*$/ { next }

# A row of a table: its cells, and what is in the last one below them.
/^\| / {
    rows = split(substr($0, 3, length($0) - 4), cells, / *\| */)
    head = ""
    for (i = 1; i < rows; i++) head = head (i > 1 ? "   " : "") cells[i]
    print ".TP 16\n" plain(head) "\n" plain(cells[rows])
    next
}

/^- / { sub(/^- /, ""); print ".IP \\(bu 2\n" plain($0); next }
/^[0-9]+\. / { number = $1; sub(/^[0-9]+\. /, ""); print ".IP " number " 4\n" plain($0); next }
/^$/ { print ".PP"; next }
{ sub(/^ +/, ""); print plain($0) }

# Without the marks of Markdown.
function plain(text) {
    gsub(/`/, "", text)
    gsub(/\*\*/, "", text)
    while (match(text, /<doc:[^>]*>/)) text = without(text, RSTART, RLENGTH, 5)
    while (match(text, /\*[^* ][^*]*\*/)) text = without(text, RSTART, RLENGTH, 1)
    return text == "" ? "\\&" : escaped(text)
}

# Takes the mark at both ends away: so many characters before, one behind.
function without(text, start, length_, before) {
    return substr(text, 1, start - 1) substr(text, start + before, length_ - before - 1) \
        substr(text, start + length_)
}

END { print ".SH SEE ALSO\n.BR holdfast (1)" }
