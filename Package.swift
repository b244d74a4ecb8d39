// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

// The floors of Holdfast (see Sources/holdfast/Documentation.docc/Architecture.md): a target may use
// only floors below its own, and components never use each other. This file is where that holds.

import PackageDescription

let ours: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

// The tests run on the release build, and look inside these targets.
let tested = ours + [.unsafeFlags(["-enable-testing"], .when(configuration: .release))]

let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let httpClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let lifecycle = Target.Dependency.product(
    name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioFoundation = Target.Dependency.product(name: "NIOFoundationCompat", package: "swift-nio")
let nioHTTP = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let toml = Target.Dependency.product(name: "TOMLKit", package: "TOMLKit")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "holdfast",
    products: [
        .executable(name: "holdfast", targets: ["holdfast"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // Floor 0: values and rules.
        .target(name: "CHoldfast"),
        .target(name: "HoldfastModel", dependencies: ["CHoldfast"], swiftSettings: ours),
        .target(name: "HoldfastMIME", dependencies: ["HoldfastModel"], swiftSettings: ours),
        .target(name: "HoldfastSMTP", dependencies: ["HoldfastModel"], swiftSettings: ours),

        // Floor 1: what survives.
        .target(
            name: "CHoldfastCompression",
            linkerSettings: [.linkedLibrary("z"), .linkedLibrary("zstd")]),
        .target(name: "HoldfastDisk", dependencies: ["CHoldfast"], swiftSettings: ours),
        .target(
            name: "HoldfastSegments",
            dependencies: ["CHoldfastCompression", "HoldfastModel", "HoldfastDisk", crypto],
            swiftSettings: ours),
        .target(
            name: "HoldfastLedger", dependencies: ["HoldfastModel", grdb], swiftSettings: ours),
        .target(
            name: "HoldfastCatalog", dependencies: ["HoldfastModel", "HoldfastMIME", grdb],
            swiftSettings: tested),

        // Floor 2: between nodes.
        .target(
            name: "HoldfastNode",
            dependencies: [
                "HoldfastModel", "HoldfastDisk", "HoldfastSegments", "HoldfastLedger", hummingbird,
                httpClient, httpTypes, lifecycle, logging, nioCore, nioPosix, nioHTTP,
                nioFoundation,
            ],
            swiftSettings: tested),
        // Floor 3: the components, strangers to one another.
        .target(
            name: "HoldfastRegistry",
            dependencies: [
                "HoldfastModel", "HoldfastDisk", "HoldfastNode", hummingbird, lifecycle, logging,
                nioCore,
            ],
            swiftSettings: tested),
        .target(
            name: "HoldfastHelper",
            dependencies: ["HoldfastModel", "HoldfastNode", hummingbird, lifecycle, logging],
            swiftSettings: tested),
        .target(
            name: "HoldfastStorage",
            dependencies: [
                "HoldfastModel", "HoldfastMIME", "HoldfastDisk", "HoldfastSegments",
                "HoldfastLedger", "HoldfastCatalog",
                "HoldfastNode", crypto, hummingbird, httpTypes, lifecycle, logging, nioCore,
            ],
            swiftSettings: tested),
        .target(
            name: "HoldfastDAL",
            dependencies: [
                "HoldfastModel", "HoldfastDisk", "HoldfastLedger", "HoldfastCatalog",
                "HoldfastNode", hummingbird, lifecycle, logging,
            ],
            swiftSettings: tested),
        .target(
            name: "HoldfastGateway",
            dependencies: [
                "HoldfastModel", "HoldfastSMTP", "HoldfastMIME", "HoldfastDisk", "HoldfastSegments",
                "HoldfastLedger", "HoldfastNode", hummingbird, httpTypes, lifecycle, logging,
                nioCore,
                nioFoundation, nioPosix, crypto,
            ],
            swiftSettings: tested),

        // Floor 4: the program.
        .executableTarget(
            name: "holdfast",
            dependencies: [
                "CHoldfast", "HoldfastModel", "HoldfastMIME", "HoldfastDisk", "HoldfastSegments",
                "HoldfastLedger", "HoldfastCatalog", "HoldfastNode",
                "HoldfastRegistry", "HoldfastHelper", "HoldfastStorage", "HoldfastDAL",
                "HoldfastGateway",
                hummingbird, httpClient, httpTypes, lifecycle, signals, logging, nioCore, nioHTTP,
                crypto, toml, arguments,
            ],
            swiftSettings: tested),
        .executableTarget(
            name: "holdfast-bench",
            dependencies: [
                "HoldfastModel", "HoldfastChance", "HoldfastDisk", "HoldfastSegments",
                "HoldfastNode", arguments,
                crypto,
                httpClient, nioCore, nioHTTP,
            ],
            swiftSettings: ours),
        .executableTarget(
            name: "holdfast-simulate",
            dependencies: [
                "HoldfastModel", "HoldfastChance", "HoldfastDisk", "HoldfastSegments",
                "HoldfastLedger", "HoldfastCatalog", "HoldfastNode", "HoldfastRegistry",
                "HoldfastHelper", "HoldfastStorage", "HoldfastDAL", "HoldfastGateway", arguments,
                httpClient, logging, nioCore, nioEmbedded, nioHTTP,
            ],
            swiftSettings: ours),

        // Tests.
        .target(name: "HoldfastChance", swiftSettings: ours),
        .testTarget(
            name: "HoldfastModelTests", dependencies: ["HoldfastModel", "HoldfastChance"],
            swiftSettings: ours),
        .testTarget(
            name: "HoldfastMIMETests",
            dependencies: ["HoldfastMIME", "HoldfastModel", "HoldfastChance"],
            swiftSettings: ours),
        .testTarget(
            name: "HoldfastSMTPTests",
            dependencies: ["HoldfastSMTP", "HoldfastModel", "HoldfastChance"],
            swiftSettings: ours),
        .testTarget(
            name: "HoldfastSegmentsTests",
            dependencies: ["HoldfastSegments", "HoldfastDisk", "HoldfastModel"], swiftSettings: ours
        ),
        .testTarget(
            name: "HoldfastLedgerTests", dependencies: ["HoldfastLedger", "HoldfastModel"],
            swiftSettings: ours),
        .testTarget(
            name: "HoldfastCatalogTests",
            dependencies: [
                "HoldfastCatalog", "HoldfastMIME", "HoldfastModel", "HoldfastChance", grdb,
            ],
            swiftSettings: ours),
        .testTarget(
            name: "HoldfastNodeTests",
            dependencies: [
                "HoldfastNode", "HoldfastDisk", "HoldfastLedger", "HoldfastModel",
                "HoldfastSegments",
                httpClient, logging, nioCore, nioHTTP,
            ],
            swiftSettings: ours),
        .testTarget(
            name: "HoldfastRegistryTests",
            dependencies: ["HoldfastRegistry", "HoldfastModel", "HoldfastNode"], swiftSettings: ours
        ),
        .testTarget(
            name: "HoldfastHelperTests",
            dependencies: [
                "HoldfastHelper", "HoldfastModel", "HoldfastNode", httpTypes, hummingbird, logging,
            ],
            swiftSettings: ours),
        .testTarget(
            name: "HoldfastDALTests",
            dependencies: [
                "HoldfastDAL", "HoldfastCatalog", "HoldfastModel", "HoldfastNode", logging,
                httpClient, nioCore,
            ],
            swiftSettings: ours),
        .testTarget(
            name: "HoldfastStorageTests",
            dependencies: [
                "HoldfastStorage", "HoldfastDisk", "HoldfastSegments", "HoldfastLedger",
                "HoldfastModel", "HoldfastNode", crypto, hummingbird, lifecycle, logging, nioHTTP,
            ],
            swiftSettings: ours),
        .testTarget(
            name: "HoldfastGatewayTests",
            dependencies: [
                "HoldfastGateway", "HoldfastModel", "HoldfastSMTP", "HoldfastDisk",
                "HoldfastSegments",
                "HoldfastLedger", "HoldfastNode", hummingbird, httpClient, lifecycle, logging,
                nioCore,
                nioHTTP,
            ],
            swiftSettings: ours),
        .testTarget(
            name: "HoldfastSimulationTests", dependencies: ["holdfast-simulate"],
            swiftSettings: ours),
        .testTarget(
            name: "HoldfastSystemTests",
            dependencies: [
                "HoldfastNode", "HoldfastModel", "HoldfastMIME", "HoldfastSegments", crypto,
                hummingbird, logging,
            ],
            swiftSettings: ours),
        .testTarget(
            name: "HoldfastProgramTests",
            dependencies: [
                "holdfast", "HoldfastModel", "HoldfastDisk", "HoldfastSegments", "HoldfastNode",
                "HoldfastCatalog", "HoldfastStorage", "HoldfastDAL", "HoldfastGateway", logging,
                arguments,
            ],
            swiftSettings: ours),
    ]
)
