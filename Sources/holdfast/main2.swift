import GRDB
import Crypto
import Hummingbird
import AsyncHTTPClient
import TOMLKit
import ArgumentParser
@main struct M { static func main() { print("hi") } }
