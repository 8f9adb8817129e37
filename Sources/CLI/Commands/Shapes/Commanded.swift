import UpblitClient

/// A kind of thing that the command line finds by a name or the beginning of an id.
protocol Findable: IdentifiedResource {
  /// The words of the command that its commands stand below, such as `agent token`.
  static var commandWords: String { get }
  /// One of them in examples: a name, or the beginning of an id.
  static var example: String { get }
  /// By what one of them is found, as help says it.
  static var handle: String { get }
}

extension Findable {
  static var handle: String { "Its name, its id, or the beginning of its id." }

  /// How usage calls one of them.
  static var valueName: String { word.replacing(" ", with: "-") }

  static func finder(_ client: Session) -> Finder<Self> { Finder(client: client) }
}

/// A kind that the command line lists and shows by commands of one shape.
protocol Commanded: Findable {
  static var listing: Listing<Self> { get }
  /// One of them for a person.
  static func details(_ item: Self) -> String
}

/// A kind whose things can be deleted, revoked or ended.
protocol Removable: Commanded {
  static var removal: Removal { get }
}

/// How the command that takes something away is called and what it says.
struct Removal {
  var commandName = "delete"
  var aliases: [String] = []
  var abstract: String
  /// What help says beyond it; an example is added.
  var discussion = ""
  /// What was done: `deleted`.
  var done = "deleted"
  /// What is asked before, with the thing between: `Revoke the agent` and ` for ever`.
  var question: String
  var questionEnd = ""
}
