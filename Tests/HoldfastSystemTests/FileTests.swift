// SPDX-License-Identifier: Apache-2.0
// Mails from files and into files: what goes wrong on the way, and what a person hears of it.

import Foundation
import Testing

@Suite("Import and export", .enabled(if: program != nil), .serialized)
struct FileTests {
    private let from = "From amy@example.org Mon Jan  5 12:00:00 2026\n"

    private func text(_ number: Int) -> String {
        "Subject: Filed \(number)\n\ntext \(number)\n"
    }

    private func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    /// `holdfast VERB --config … ARGUMENTS` in a shell, where names may be any bytes and streams closed.
    private func shell(_ script: String, _ box: Appliance) throws -> Ran {
        try ran([
            "/bin/sh", "-c",
            "cd '\(box.folder)'; export HOLDFAST_CONFIG='\(box.configuration)'; "
                + script.replacing("holdfast", with: "'\(program ?? "")'"),
        ])
    }

    @Test("an import that waits says why at once, and how far it was when it is interrupted")
    func waiting() throws {
        let box = try Appliance()
        try box.set("reserve_bytes", "\(1 << 40)")
        try box.start()
        let folder = box.folder + "/in"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        try write(text(1), to: folder + "/1.eml")
        try write("", to: folder + "/2.eml")
        for (signal, code) in [(SIGTERM, Int32(143)), (SIGINT, 130)] {
            let importing = try Running(
                [program ?? "", "import", "--config", box.configuration, folder])
            try waitUntil("it says that it waits", seconds: 10) {
                try importing.messages.contains(
                    "holdfast: waiting: The disk is nearly full (1 read, 0 stored so far);")
            }
            importing.send(signal)
            let ran = try importing.ended()
            #expect(ran.code == code, "\(ran.messages)")
            #expect(ran.messages.contains("run the same import again"), "\(ran.messages)")
            #expect(ran.text.hasPrefix("read          1\n"), "\(ran.text)")
        }
    }

    @Test("any name, standard input, and mails that are held already")
    func importing() throws {
        let box = try Appliance()
        try box.start()
        let made = try shell(
            "mkdir in; printf 'Subject: Filed 1\\n\\nx\\n' > in/$(printf 'b\\351.eml');"
                + "printf '' > in/$(printf 'c\\351.eml'); holdfast import in", box)
        #expect(made.code == 3 && made.text.contains("stored        1"), "\(made)")
        #expect(made.messages.contains("refused: in/c\\xe9.eml: it is empty"), "\(made.messages)")
        let named = try shell("holdfast import --keep-days 9 in/$(printf 'b\\351.eml')", box)
        #expect(named.code == 0, "\(named.messages)")
        #expect(
            named.text.contains("duplicate     1  (kept until the day they had)"), "\(named.text)")
        #expect(!named.text.contains("kept until    "))
        let piped = try shell(
            "printf '\(from)Subject: Filed 2\\n\\nx\\n' | holdfast import mbox:- --keep-days 9", box
        )
        let day = Date().addingTimeInterval(9 * 86_400).ISO8601Format().prefix(10)
        #expect(piped.code == 0, "\(piped.messages)")
        #expect(piped.text.contains("stored        1"), "\(piped.text)")
        #expect(piped.text.contains("kept until    \(day)"), "\(piped.text)")
        let refused = try shell("printf 'no mbox\\n' | holdfast import mbox:-", box)
        #expect(refused.code == 3 && refused.messages.contains("refused: -: "), "\(refused)")
        let closed = try shell("holdfast import mbox:- <&-", box)
        #expect(closed.code == 2 && closed.messages.contains("standard input"), "\(closed)")
        let closedMail = try shell("holdfast deliver --sender a@b.c d@e.f <&-", box)
        #expect(closedMail.code == 74, "\(closedMail)")
        try waitUntil("both are found") { try box.count("subject:filed") == 2 }
    }

    @Test("an export has its name when it is whole, and what is there already is counted")
    func exporting() throws {
        let box = try Appliance()
        try box.start()
        let client = try box.connect()
        for number in 1...2 {
            let said = try client.mail(
                StoryTests.message(number), from: "a@b.c", to: ["d@e.f"])
            #expect(said.hasPrefix("250 "))
        }
        try waitUntil("both are found") { try box.count("") == 2 }
        let mbox = box.folder + "/out.mbox"
        try write("half of a mail", to: mbox + ".part")
        let first = try box.verb("export", "", "--to", "mbox:\(mbox)")
        #expect(first.code == 0 && first.messages == "2 mails written to \(mbox)\n", "\(first)")
        #expect(!FileManager.default.fileExists(atPath: mbox + ".part"))
        let piped = try box.verb("export", "", "--to", "mbox:-")
        #expect(piped.messages == "2 mails written to standard output\n", "\(piped.messages)")
        #expect(try piped.output == contents(mbox))
        #expect(try box.verb("export", "", "--to", "mbox:\(mbox)").code == 2)

        for form in ["eml", "maildir"] {
            let place = "\(form):\(box.folder)/\(form)"
            #expect(try box.verb("export", "subject:\"story 1\"", "--to", place).code == 0)
            let again = try box.verb("export", "", "--to", place)
            #expect(again.code == 0, "\(again.messages)")
            #expect(
                again.messages == "1 mail written to \(box.folder)/\(form), 1 already there\n")
        }
        let id = try box.verb("search", "subject:\"story 1\"", "--format", "ids").line
        try write("mine", to: "\(box.folder)/eml/\(id).eml")
        let kept = try box.verb("export", "", "--to", "eml:\(box.folder)/eml")
        #expect(kept.code == 3, "\(kept.messages)")
        #expect(kept.messages.contains("\(id).eml is there already, is not this mail"))
        #expect(try contents("\(box.folder)/eml/\(id).eml") == Array("mine".utf8))
    }

    @Test("a file where a storage's folder should be is left out, and the rest starts")
    func fileForStorage() throws {
        let box = try Appliance("--storages", "2")
        try FileManager.default.removeItem(atPath: box.folder + "/storage-1")
        try write("", to: box.folder + "/storage-1")
        try box.start()
        let status = try box.verb("status")
        #expect(
            status.text.contains("storage-1 is a file, and a folder is needed"), "\(status.text)")
    }
}
