// SPDX-License-Identifier: Apache-2.0
// `holdfast query`: how a query is written.

internal import ArgumentParser

struct QueryHelp: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query",
        abstract: "Explain how a query is written.",
        discussion: """
            Example: holdfast query | less
            Then: holdfast search 'from:amy (invoice OR reminder) -subject:draft after:2026-01-31'

              word "two words" wor*   a word, a phrase, a beginning: in subject, addresses,
                                      attachment names and text; case and accents are one
              a b   a OR b   -a   ( ) AND need not be written, and binds closer than OR
              from: to: cc: bcc:      the header's name, address, or a part of it;
                                      to: has Cc and Bcc too, with: all of them;
                                      from:acme.com has what is below, from:@acme.com not
              mailfrom: rcpt: in:     the SMTP envelope's
              subject: body:          words there; subject:(a OR b) too
              filename: type:pdf      an attachment; has:attachment: there is one
              after: before:          when Holdfast took the mail in, by your clock;
              received:               a day: 2026-01-31, 2026-01, 2026, today, a..b, >a
              newer_than:7d           the same, counted back (older_than:): d, w, m, y
              date: sent:             what the mail's own header says
              size:>10M size:1M..5M   octets; K M G are thousands, Ki Mi Gi 1024
              id: msgid:              a mail id or its beginning; a Message-ID
              sha256:                 of the octets as they came, or its beginning
              copies:0 is:short       copies that count; fewer than wanted
              is:released is:held     was sent on; is kept beyond its day (expires:<3d)
              reason:spam score:>8    what a scanner wrote: spam, virus, banned, badheader
              node: segment:          where a copy lies

            An unknown field is an error. holdfast-query(7) has thirty examples. `''` matches every mail. Put a query with quotation marks, \
            parentheses or < > between single quotation marks.
            """,
        helpNames: .long)

    func run() {
        print(Holdfast.helpMessage(for: Self.self))
    }
}
