// SPDX-License-Identifier: Apache-2.0
// The complete, commented holdfast.toml: what `init` fills in, and the package too.

/// The text of the configuration file. A key that is commented out shows its default.
enum ConfigurationTemplate {
    static let text = """
        # The configuration of Holdfast.
        #
        # Each section makes one node of that role in this process: all of them make an appliance, one
        # of them a dedicated machine. A key that is commented out shows its default. Relative paths
        # begin in the folder of this file. A node's name must be unique in the whole installation.
        #
        # Files conf.d/*.toml beside this one are read after it, in the order of their names, and their
        # keys go before those here. A [[storage]] there is one more, or changes the one of its name.

        [node]
        # Where this process listens for HTTP: other nodes, and the holdfast program itself. Loopback is
        # safest; on a network, let only the machines of the installation reach it.
        # Default: "127.0.0.1:7420".
        http = "127.0.0.1:7420"

        # Listen beyond loopback although there is no TLS: mail and token can then be read on the way. Only
        # for a network that you trust; a tunnel (WireGuard, ssh -L) is better.
        # Default: false.
        #insecure_http = false

        # Where others reach this process, when that is not the address in `http`.
        # Default: "" (as http).
        #address = ""

        # The Registries elsewhere, by their base addresses: ["http://10.0.0.1:7420/registry/registry"].
        # Name several where there are: every node registers with all of them, and hears of others from
        # those. A Registry of this process is always asked first.
        # Default: [] (none).
        #registries = []

        # The file with the token that every call carries; the same on every machine of an installation.
        # Default: "token".
        token_file = "token"

        # The file with the keys of encrypted mails, a line `number key` each; the highest number is used
        # for new mails. A lost key is lost mail: keep a copy of this file elsewhere.
        # Default: "" (none: mails cannot be encrypted).
        key_file = "keys"

        # The name of this machine, so that copies can be told apart by machine.
        # Default: "" (the machine's own name).
        #host = ""

        # On which disks the storages and the spool lie, as seen last: one that is found empty, and on another
        # disk than before, is not mounted and stays out.
        # Default: "disks.json".
        #disks_file = "disks.json"

        # How much is written to standard error: trace, debug, info, notice, warning, error, critical.
        # The environment variable HOLDFAST_LOG goes before it.
        # Default: "info".
        #log_level = "info"

        # Whether GET /metrics needs the token, as all else does. Without it whoever reaches the HTTP server
        # may read how much mail there is, how many nodes and how much room, but no mail.
        # Default: true.
        #metrics_need_token = true

        # The Registry knows who is alive, and which queue feeds which role.
        [registry]
        # Default: "registry".
        #name = "registry"

        # Where links that were changed (`holdfast links`) are kept.
        # Default: "links.json".
        #links_file = "links.json"

        # The Helper carries mails, copies and acks along the links. It keeps nothing.
        [helper]
        # Default: "helper".
        #name = "helper"

        # The Storages keep the copies. These values hold for each [[storage]] that does not set its own.
        [storage_defaults]
        # Seal the active segment at this size. Larger segments mean fewer files; smaller ones are
        # dropped sooner after their mails expire.
        # Default: 268435456 (256 MiB).
        #segment_bytes_max = 268435456

        # Take no mail when the disk has less room than this.
        # Default: 268435456 (256 MiB).
        #reserve_bytes = 268435456

        # The bytes of purged mails leave the disk within so many days; until then segments are not copied
        # for a single mail. 0: within a minute.
        # Default: 7.
        #purge_days = 7

        # Let two copies of a mail lie on one disk: only for a machine that has but one. They survive a
        # lost folder or a damaged record, never the loss of the disk.
        # Default: false.
        #copies_may_share_a_disk = false

        # The room or site where the disks stand. Copies are spread over zones where there are several, so
        # that one lies at the second site; else over machines, else over disks.
        # Default: "".
        #zone = ""

        # All that is kept is read and checked again and again: at this rate while it reads, in MB/s; 0
        # never checks by itself.
        # Default: 8.
        #scrub_mb_per_second = 8

        # A round of that check takes so many days, or more where the rate does not suffice.
        # Default: 30.
        #scrub_days = 30

        # One disk, one [[storage]]. Put the folder below the disk's mount point, not on it: the storage
        # is then left out, and says so, when its disk is not mounted.
        [[storage]]
        # Default: "storage-1", "storage-2" and so on.
        name = "storage-1"
        # Default: the name.
        folder = "storage-1"

        # The DAL keeps the catalog: it answers searches, and tells gateways when a mail is safe.
        [dal]
        # Default: "dal".
        #name = "dal"

        # The catalog. It can be made again from the segments.
        # Default: "sqlite:catalog.sqlite".
        #database = "sqlite:catalog.sqlite"

        # A mail that wants more copies than this counts as safe with so many; the others follow.
        # Default: 2.
        #ack_copies = 2

        # As for the storages: two copies on one disk count as two.
        # Default: false.
        #copies_may_share_a_disk = false

        # The copies of a storage that is silent for so long count no more, and are made again elsewhere.
        # Default: 60.
        #dead_after_minutes = 60

        # So many copies are made again each second at the most, and so many are under way at a time.
        # Default: 100 and 1000.
        #repairs_per_second = 100
        #repairs_max = 1000

        # The Gateway takes mails in and sends released ones on.
        [gateway]
        # Default: "gateway".
        #name = "gateway"

        # Where mails lie until enough storages have them.
        # Default: "spool".
        #spool = "spool"

        # Where to listen for SMTP: "127.0.0.1:2525" or "unix:/path".
        # Default: "" (off).
        #smtp = ""

        # Where to listen for LMTP, which tells of each recipient; best for Postfix on this machine.
        # Default: "" (off).
        #lmtp = ""

        # What the gateway calls itself in greetings.
        # Default: "" (the machine's own name).
        #hostname = ""

        # Who takes released mails: "mail.example.org:25", or "lmtp:127.0.0.1:24".
        # Default: "" (nobody: a release is refused).
        #smarthost = ""

        # How many copies of each mail to keep, each on a disk of its own.
        # Default: 1.
        #copies = 1

        # What the 250 for a mail promises. 0: it is on the spool's disk, and survives a crash. n: so many
        # storages have it too (as far as it wants so many copies), and it survives the loss of all but one
        # of those disks; each mail then waits for them, and while there are fewer no mail is taken.
        # Default: 0.
        #reply_after_copies = 0

        # How many days a mail is kept, 1 to 400, unless who hands it in over HTTP says otherwise.
        # Default: 60.
        #keep_days = 60

        # Let the header X-Holdfast-Keep-Days of a mail say how many, however it comes. Only for a gateway
        # that takes mail from your own servers: a stranger's header would be obeyed too.
        # Default: false.
        #keep_days_header = false

        # Compress messages: "zstd", "zlib" or "none".
        # Default: "zstd".
        #compress = "zstd"

        # Encrypt messages with the newest key of key_file.
        # Default: false.
        #encrypt = false

        # Let searches find the body's words of encrypted mails too; they then stand in the catalog.
        # Default: false.
        #index_encrypted_words = false

        # A larger message is refused.
        # Default: 157286400 (150 MiB).
        #message_bytes_max = 157286400

        # A message with a longer line is refused, unless it is imported. RFC 5321 allows 1000; real mail
        # has longer ones.
        # Default: 65536 (64 KiB).
        #line_bytes_max = 65536

        # SMTP and LMTP connections at a time, and how many of them one client may hold.
        # Default: 200 and 100.
        #connections_max = 200
        #connections_per_client_max = 100

        # How long a client may say nothing between commands, send nothing of a message, and take for a
        # whole mail, before it is sent away.
        # Default: 300, 180 and 3600.
        #command_seconds_max = 300
        #data_seconds_max = 180
        #mail_seconds_max = 3600

        # As for the storages, for the segments of the spool.
        # Default: 67108864 (64 MiB) and 268435456 (256 MiB).
        #segment_bytes_max = 67108864
        #reserve_bytes = 268435456

        # Rules for some mails: each says for which it is, by senders or recipients (an address, or
        # "@example.org" for a whole domain), by a header as a scanner writes it (the value may end in a
        # star), by size; and gives keep_days, copies, encrypt, compress or several of them. For each
        # recipient the first rule that fits and says it counts; a mail to several gets the most that one
        # of them gets. Like this:
        #     [[gateway.rules]]
        #     senders = ["news@lists.example.org"]
        #     recipients = ["@example.org"]
        #     header = "X-Spam-Flag: YES"
        #     larger_than_bytes = 1000000
        #     keep_days = 7
        #     copies = 1
        #     encrypt = true
        #     compress = "zlib"
        # Default: none.
        #rules = []

        """
}
