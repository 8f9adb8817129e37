public import JSON
import Pages

/// All that was to be told, newest first.
public struct DeliveryListView: Sendable {
  public var frame: ConsoleFrame
  /// A page as `GET /api/v1/deliveries` answers.
  public var page: JSONValue
  public var state: String
  /// The channel that it is of, by its identifier; empty for all.
  public var channel: String
  /// Channels to choose from.
  public var channels: [JSONValue]

  /// What may become of a delivery, in the API's words.
  private static let states = ["pending", "sending", "delivered", "superseded", "failed"]

  public init(
    frame: ConsoleFrame, page: JSONValue, state: String, channel: String, channels: [JSONValue]
  ) {
    self.frame = frame
    self.page = page
    self.state = state
    self.channel = channel
    self.channels = channels
  }

  public func bytes() -> [UInt8] {
    frame.document(title: "Deliveries") { writer in
      writer.heading("Deliveries")
      writer.raw("<form method=\"get\" action=\"/channels/deliveries\" class=\"find\">")
      var names = channels.map {
        (value: $0["id"]?.stringValue ?? "", words: $0["name"]?.stringValue ?? "")
      }
      if !channel.isEmpty, !names.contains(where: { $0.value == channel }) {
        names.append((channel, "One that is deleted"))
      }
      Field(
        name: "channel", label: "Channel", kind: .choice([("", "Any")] + names), value: channel
      ).write(into: &writer)
      Field(
        name: "state", label: "State",
        kind: .choice([("", "Any")] + Self.states.map { ($0, StateWords.delivery($0).words) }),
        value: state
      ).write(into: &writer)
      writer.raw("<button>Find</button></form>\n<div id=\"live\" data-live=\"\">\n")
      let deliveries = page["items"]?.elements ?? []
      if deliveries.isEmpty, !state.isEmpty || !channel.isEmpty {
        writer.raw("<p class=\"none\">No delivery is like that.</p>\n")
      } else {
        DeliveryList(deliveries: deliveries, frame: frame).write(into: &writer)
      }
      writer.more(
        "/channels/deliveries", query: [("state", state), ("channel", channel)],
        next: page["next_cursor"]?.stringValue)
      writer.raw("</div>\n")
    }
  }
}
