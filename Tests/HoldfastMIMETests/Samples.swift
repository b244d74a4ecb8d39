// SPDX-License-Identifier: Apache-2.0
// Small messages that several tests read.

import HoldfastMIME
import HoldfastModel

/// `text` with CRLF line ends.
func octets(_ text: String) -> [UInt8] {
    Array(
        text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n").utf8
    )
}

func summary(_ text: String) -> Summary {
    MessageReader.summary(of: octets(text))
}

/// The summary of a message whose header is `header` and whose body is nothing.
func summary(header: [UInt8]) -> Summary {
    MessageReader.summary(of: header + Array("\r\n\r\n".utf8))
}

enum Samples {
    static let report = """
        From: "Doe, Jane" <jane@example.com>
        To: =?utf-8?Q?J=C3=BCrgen?= <you@example.net>, other@example.net
        Cc: (nobody) third@example.net
        Reply-To: <answers@example.com>
        Subject: =?utf-8?B?R3LDvMOfZQ==?= from
         here
        Date: Mon, 23 Nov 2026 05:24:15 +0100
        Message-ID: <abc.123@example.com>
        X-Spam-Status: No, score=-1.2
        \trequired=5.0
        Authentication-Results: mx.example.net; spf=pass
        MIME-Version: 1.0
        Content-Type: multipart/mixed; boundary="outer"

        This is a preamble.
        --outer
        Content-Type: multipart/alternative; boundary=inner

        --inner
        Content-Type: text/plain; charset=iso-8859-1
        Content-Transfer-Encoding: quoted-printable

        Sch=F6ne Gr=FC=
        =DFe
        --inner
        Content-Type: text/html; charset=utf-8

        <p>Rich <b>t</b>ext &amp; caf&eacute;<style>p { color: red }</style></p>
        --inner--
        --outer
        Content-Type: application/pdf; name*0*=utf-8''%C3%9Cber; name*1=" us.pdf"
        Content-Transfer-Encoding: base64
        Content-Disposition: attachment

        JVBERi0xLjQK
        --outer
        Content-Type: message/rfc822

        From: inside@example.org
        Subject: the inner one

        Inner words.
        --outer--
        This is an epilogue.
        """

    static let bounce = """
        From: MAILER-DAEMON@mx.example.net
        Subject: Undelivered
        Content-Type: multipart/report; report-type=delivery-status; boundary=b

        --b

        It failed.
        --b
        Content-Type: message/delivery-status

        Final-Recipient: rfc822; gone@example.com
        --b
        Content-Type: text/rfc822-headers

        Subject: what was sent
        --b--
        """

    static let japanese = """
        Subject: =?ISO-2022-JP?B?GyRCRnxLXBsoQg==?=
        Content-Type: text/plain; charset=iso-2022-jp

        \u{1b}$BF|K\\8l\u{1b}(B
        """

    static let uuencoded = """
        Subject: a file
        Content-Type: text/plain

        Before.
        begin 644 cat.txt
        #0V%T
        `
        end
        After.
        """

    static let all = [report, bounce, japanese, uuencoded]
}
