import Store
import Testing

struct OrganizationCommandTests {
  @Test func `an operator makes an organization and bounds it, and others can't`() async throws {
    let api = try await SharedAPI.shared()
    let operatorMail = "orgs-operator@example.org"
    try api.person(operatorMail, in: [("orgs-bosses", .owner)], isOperator: true)
    try api.person("orgs-owner@example.org", in: [("orgs-owned", .owner)])
    var homes: [String: TemporaryHome] = [:]
    defer { for home in homes.values { home.remove() } }
    for email in [operatorMail, "orgs-owner@example.org"] {
      let home = try TemporaryHome()
      homes[email] = home
      try home.write(TestAPI.password, to: "password")
      let login = try await home.run([
        "login", "http://127.0.0.1:\(api.port)", "--email", email, "--password-file",
        home.path + "/password",
      ])
      #expect(login.status == 0, "\(login.errors)")
    }
    let known = homes
    func run(_ email: String, _ arguments: String...) async throws -> CommandLineProgram.Outcome {
      try await #require(known[email]).run(["organization"] + arguments)
    }
    let refused = try await run("orgs-owner@example.org", "create", "orgs-mine")
    #expect(refused.status != 0 && refused.errors.contains("operator"), "\(refused.errors)")
    let made = try await run(operatorMail, "create", "orgs-new")
    #expect(made.status == 0 && made.output.contains("orgs-new"), "\(made.errors)")
    let list = try await run(operatorMail, "list", "-o", "csv")
    #expect(list.output.contains("orgs-new,owner\n"), "\(list.output)")
    #expect(list.output.contains("orgs-owned,\n") || list.output.contains("orgs-owned,-\n"))
    let quota = try await run(
      operatorMail, "quota", "orgs-new", "--monitors", "3", "--probes-per-second", "none")
    #expect(quota.output.contains("0 of 3\n"), "\(quota.output)\(quota.errors)")
    #expect(quota.output.contains("0 of any number"))
    let unknown = try await run("orgs-owner@example.org", "quota", "orgs-new")
    #expect(unknown.status != 0 && unknown.errors.contains("no organization \"orgs-new\""))
    let odd = try await run(operatorMail, "quota", "orgs-new", "--monitors", "-1")
    #expect(odd.status == 64, "\(odd.errors)")
    let renamed = try await run("orgs-owner@example.org", "rename", "orgs-renamed")
    #expect(renamed.output.contains("orgs-renamed"), "\(renamed.errors)")
  }
}
