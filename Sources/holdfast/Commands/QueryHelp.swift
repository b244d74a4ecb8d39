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

              invoice, "two words", inv*   words of subject, addresses, attachment names and body;
                                           a phrase; a beginning. Case and accents do not count.
              a b, a OR b, -a or NOT a, (…)
                                           AND need not be written, and binds closer than OR.
              from: to: cc: bcc: with:     the header's: name, address, or a part of it (from:acme.com);
                                           to: has Cc and Bcc too, with: all of them
              mailfrom: rcpt:              the SMTP envelope's
              subject: body: filename:     words there; subject:(a OR b) too
              type:pdf, type:image/*       the type of an attachment; has:attachment: there is one
              after: before: received:     when Holdfast took the mail in, by your clock
              newer_than:7d older_than:1y  the same, counted back: d, w, m, y
              date:                        what the mail's own header says; sent: is the same
                                           2026-01-31, 2026-01, 2026, today, yesterday, a..b, >a, <=b
              size:>10M, size:1M..5M       octets; K M G are thousands, Ki Mi Gi 1024
              id:                          a mail id or its beginning, or a Message-ID; msgid: that only
              sha256:                      of the octets as they came, or its beginning
              copies:0, is:short           how many copies are known; fewer than wanted
              is:released                  was sent on

            An unknown field is an error. `''` matches every mail. On the command line put a query with \
            quotation marks, parentheses or < > between single quotation marks.
            """,
        helpNames: .long)

    func run() {
        print(Holdfast.helpMessage(for: Self.self))
    }
}
