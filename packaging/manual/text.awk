# What all manual pages have in common: plain text as roff.

# Characters that roff would take for its own.
function escaped(text) {
    gsub(/\\/, "\\e", text)
    gsub(/-/, "\\-", text)
    gsub(/'/, "\\(aq", text)
    gsub(/`/, "\\(ga", text)
    gsub(/\^/, "\\(ha", text)
    gsub(/~/, "\\(ti", text)
    return text ~ /^\./ ? "\\&" text : text
}

function title(what) {
    printf ".TH \"%s\" %s %s \"Holdfast %s\" Holdfast\n", toupper(name), section, date, version
    printf ".SH NAME\n%s \\- %s\n", escaped(name), escaped(what)
    # Words are not broken, lines are not stretched.
    print ".nh\n.ad l"
}

# Lines as they are, or text that is filled.
function exact(on) {
    if (on == isExact) return
    print on ? ".RS 2\n.nf" : ".fi\n.RE"
    isExact = on
}
