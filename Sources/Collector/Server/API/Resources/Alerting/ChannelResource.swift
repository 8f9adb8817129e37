import Alerts
import JSON
import Model
import OpenSSL
import Postgres
import Store

/// `/api/v1/channels`: the ways to reach people and programs.
enum ChannelResource {
  static let routes: [Route] = [
    .get(
      "/api/v1/channels", .scope(.channelsRead),
      Operation(
        "listChannels", .alerting, "List channels", "By name.", query: Parameter.page,
        answer: .page(of: ChannelSchema.channel, "Channels.")), handler: list),
    .post(
      "/api/v1/channels", .scope(.channelsWrite),
      Operation(
        "createChannel", .alerting, "Make a channel",
        "An organization that has no routes tells everything to all its channels. Secrets are taken "
          + "and never told.", body: ChannelSchema.new, examples: ChannelSchema.examples,
        answer: .created(ChannelSchema.channel, "The channel.", isTagged: true),
        refusals: [.conflict]), handler: create),
    .get(
      "/api/v1/channels/{id}", .scope(.channelsRead),
      Operation(
        "getChannel", .alerting, "Read a channel",
        answer: .tagged(ChannelSchema.channel, "The channel.")), handler: get),
    .patch(
      "/api/v1/channels/{id}", .scope(.channelsWrite),
      Operation(
        "changeChannel", .alerting, "Change a channel",
        "Takes over the fields that are sent. What waits for another attempt is tried at once with "
          + "settings that are changed, and fails where the channel is switched off.",
        body: ChannelSchema.change,
        examples: [("switch off", ["enabled": false]), ("rename", ["name": "night shift"])],
        answer: .tagged(ChannelSchema.channel, "The channel as it is now."),
        refusals: [.conflict], isConditional: true), handler: change),
    .delete(
      "/api/v1/channels/{id}", .scope(.channelsWrite),
      Operation(
        "deleteChannel", .alerting, "Delete a channel",
        "Nothing more is sent to it; its deliveries stay to be read. It may be repeated.",
        answer: .done("It is deleted."), isConditional: true), handler: delete),
  ]

  private static func list(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let sealing = context.configuration.sealingKey
    let page = try PageRequest(request, list: "channels", cursorValues: 2)
    let all = try await context.store.run { connection in
      try ChannelQueries.list(organization: organization, sealing: sealing, on: connection)
    }
    // At most a hundred: pages are cut here.
    return page.cut(
      all.map { (key: [$0.id.description, $0.draft.name], item: $0) },
      by: { ($0[1], $0[0]) < ($1[1], $1[0]) }, of: request, ChannelDocument.json)
  }

  private static func create(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let sealing = context.configuration.sealingKey
    let draft = try request.readBody { ChannelDocument.readNew(&$0) }
    return try await refusing("channels", most: Int(ChannelQueries.most)) {
      try await request.write(context) { write in
        let record = try ChannelQueries.create(
          draft, organization: organization, sealing: sealing, by: write)
        return .created(
          ChannelDocument.json(record), at: "/api/v1/channels/\(record.id)",
          version: record.version)
      }
    }
  }

  private static func get(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let record = try await record(request, context)
    return .ok(ChannelDocument.json(record), version: record.version)
  }

  /// The channel that the path names.
  static func record(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> ChannelRecord {
    let organization = try request.caller.organization
    let id: ChannelID = try request.identifier("id", of: "channel")
    let sealing = context.configuration.sealingKey
    let record = try await context.store.run { connection in
      try ChannelQueries.get(id, organization: organization, sealing: sealing, on: connection)
    }
    guard let record else { throw Problem.noSuch("channel") }
    return record
  }

  private static func change(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let id: ChannelID = try request.identifier("id", of: "channel")
    let sealing = context.configuration.sealingKey
    return try await refusing("channels", most: Int(ChannelQueries.most)) {
      try await request.write(context) { write in
        let standing = try ChannelQueries.standing(id, organization: organization, by: write)
        guard let standing, !standing.isDeleted else { throw Problem.noSuch("channel") }
        try request.requireVersion(standing.version, of: "channel")
        let record = try ChannelQueries.change(
          id, organization: organization, sealing: sealing, by: write
        ) { draft in
          draft = try request.readBody { reader in
            var changed = draft
            ChannelDocument.readChange(&reader, into: &changed)
            return changed
          }
        }
        guard let record else { throw Problem.noSuch("channel") }
        return .ok(ChannelDocument.json(record), version: record.version)
      }
    }
  }

  private static func delete(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let id: ChannelID = try request.identifier("id", of: "channel")
    return try await request.write(context) { write in
      let standing = try ChannelQueries.standing(id, organization: organization, by: write)
      guard let standing else { throw Problem.noSuch("channel") }
      if standing.isDeleted {
        write.nothingChanged()
      } else {
        try request.requireVersion(standing.version, of: "channel")
        _ = try ChannelQueries.delete(id, organization: organization, by: write)
      }
      return .noContent
    }
  }

  /// Runs `body`; what the store refuses becomes a problem.
  static func refusing<T>(
    _ things: String, most: Int, _ body: () async throws -> T
  ) async throws -> T {
    do {
      return try await body()
    } catch let errors as FieldErrors {
      throw Problem(errors)
    } catch let refusal as AlertingRefusal {
      switch refusal {
      case .nameTaken:
        throw Problem(.conflict, "Your organization has another one of this name.")
      case .tooMany:
        throw Problem(
          .conflict, "Your organization has \(most) \(things), as many as it may; delete some.")
      }
    }
  }
}

extension PageRequest {
  /// One page of a whole list, in the order of `precedes` on keys. A cursor holds the last one's key.
  func cut<Item>(
    _ all: [(key: [String], item: Item)], by precedes: ([String], [String]) -> Bool,
    of request: APIRequest, _ json: (Item) -> JSONValue
  ) -> APIAnswer {
    let rest = all.sorted { precedes($0.key, $1.key) }
      .filter { one in cursor.map { precedes($0.values, one.key) } ?? true }
    let shown = rest.prefix(limit)
    let next = rest.count > limit ? shown.last : nil
    return .page(
      shown.map { json($0.item) },
      next: next.map { Cursor(list: listName, values: $0.key).text }, of: request)
  }
}
