import ArgumentParser
import JSON
import UpblitClient

/// `upblit api`.
struct APICommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "api", abstract: "Send one request to the API and print its answer.",
    discussion: """
      A path without a slash before it stands below /api/v1/.

        upblit api GET monitors
        upblit api GET 'incidents?state=open' --all
        upblit api POST enrolment-tokens --input token.json
        echo '{"paused":true}' | upblit api PATCH monitors/ID --input -
      """)

  @Argument(help: "GET, POST, PATCH, PUT or DELETE.")
  var method: String

  @Argument(help: "Such as monitors, or /api/v1/monitors.")
  var path: String

  @Option(help: ArgumentHelp("A file with the body as JSON, or -.", valueName: "file"))
  var input: String?

  @Flag(help: "All pages of a list, as one array.")
  var all = false

  @Option(help: ArgumentHelp("Only if the resource still has this ETag.", valueName: "etag"))
  var ifMatch: String?

  @Option(help: ArgumentHelp("Names a POST, so that it is carried out once.", valueName: "key"))
  var idempotencyKey: String?

  @Flag(name: .shortAndLong, help: "The answer's status and headers too, on standard error.")
  var include = false

  @OptionGroup var options: GlobalOptions

  func validate() throws {
    if all, method.uppercased() != "GET" { throw ValidationError("--all goes with GET.") }
  }

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      var body: JSONValue?
      if let input {
        do { body = try JSONValue(parsing: try FileText.read(input)) } catch let error as CLIError {
          throw error
        } catch {
          throw CLIError(
            .badData,
            "\(DisplayText.escaped(input)) is not JSON: \(DisplayText.escaped("\(error)"))")
        }
      }
      let client = try options.client()
      let path = path.hasPrefix("/") ? path : "/api/v1/\(path)"
      if all {
        let items: [RawItem] = try await client.list(path)
        return try Printer(options).data(.array(items.map(\.json)))
      }
      let answer = try await client.send(
        APIRequest(
          method.uppercased(), path, body: body, ifMatch: ifMatch, idempotencyKey: idempotencyKey))
      if include {
        Console.error("\(answer.status)")
        for header in answer.headers {
          Console.error(DisplayText.escaped("\(header.name): \(header.value)"))
        }
      }
      guard !answer.json.isNull else { return }
      try Printer(options).data(answer.json)
    }
  }
}

/// An item of any list.
struct RawItem: APIResource {
  let json: JSONValue
  init(_ json: JSONValue) { self.json = json }
}
