import Store
import Testing

@Suite struct RoleTests {
  private static let looking = [
    "agents:read", "channels:read", "incidents:read", "members:read", "monitors:read", "pages:read",
    "results:read",
  ]
  private static let editing = [
    "agents:read", "channels:read", "channels:write", "incidents:read", "incidents:write",
    "keys:read", "keys:write", "members:read", "monitors:read", "monitors:write", "pages:read",
    "pages:write", "results:read",
  ]
  private static let managing = [
    "agents:read", "agents:write", "audit:read", "channels:read", "channels:write",
    "incidents:read", "incidents:write", "keys:read", "keys:write", "members:read",
    "members:write", "monitors:read", "monitors:write", "organization:write", "pages:read",
    "pages:write", "results:read",
  ]
  private static let table: [(Role, [String])] = [
    (.viewer, looking), (.editor, editing), (.admin, managing), (.owner, managing),
  ]

  @Test(arguments: table)
  func `a role allows what its table says`(_ role: Role, _ scopes: [String]) {
    #expect(role.scopes.map(\.rawValue).sorted() == scopes)
  }

  @Test func `each role may do all that the next may, and none what the operator may`() {
    let roles = Role.allCases.sorted()
    #expect(roles == [.viewer, .editor, .admin, .owner])
    for (lower, higher) in zip(roles, roles.dropFirst()) {
      #expect(lower.scopes.isSubset(of: higher.scopes))
    }
    for role in roles { #expect(!role.scopes.contains(.installationOperator)) }
    #expect(Authority.installation.scopes == Set(Scope.allCases))
    #expect(Authority.none.scopes.isEmpty)
  }

  private static let mayGive: [(Authority, [Role])] = [
    (.installation, [.owner, .admin, .editor, .viewer]),
    (.role(.owner), [.owner, .admin, .editor, .viewer]),
    (.role(.admin), [.admin, .editor, .viewer]),
    (.role(.editor), []), (.role(.viewer), []), (.none, []),
  ]

  @Test(arguments: mayGive)
  func `owners make owners, admins all others`(_ authority: Authority, _ roles: [Role]) {
    #expect(Role.allCases.filter(authority.mayGive) == roles)
    #expect(authority.managesKeysOfOthers == !roles.isEmpty)
  }

  @Test func `a credential carries no more than its authority, a key gives no more than it has`() {
    typealias Table = [(Standing, [Role], [Role])]
    let all = Role.allCases
    let table: Table = [
      (Standing(.installation, .installation), all, all),
      (Standing(.person, .role(.owner)), all, all),
      (Standing(.person, .role(.admin)), all.filter { $0 < .owner }, all.filter { $0 < .owner }),
      (Standing(.person, .role(.editor)), [], []), (Standing(.person, .none), [], []),
      (Standing(.key, .role(.owner), scopes: []), [], []),
      (
        Standing(.key, .role(.owner), scopes: [.membersWrite]), [],
        all.filter { $0 < .owner }
      ),
      (
        Standing(.key, .installation, scopes: Set(Scope.allCases)), all.filter { $0 < .owner },
        all.filter { $0 < .owner }
      ),
      (
        Standing(.key, .role(.admin), scopes: Role.viewer.scopes.union([.membersWrite])),
        [.viewer], all.filter { $0 < .owner }
      ),
      (Standing(.key, .role(.editor), scopes: Set(Scope.allCases)), [], []),
    ]
    func may(_ body: () throws -> Void) -> Bool { (try? body()) != nil }
    for (standing, giving, taking) in table {
      #expect(all.filter { role in may { try standing.require(giving: role) } } == giving)
      #expect(all.filter { role in may { try standing.require(taking: role) } } == taking)
      #expect(standing.scopes.isSubset(of: standing.authority.scopes))
    }
  }

  @Test func `a key allows no more than its maker`() {
    let wished: Set<Scope> = [.monitorsRead, .monitorsWrite, .installationOperator]
    #expect(Authority.installation.allows(wished) == wished)
    #expect(Authority.role(.owner).allows(wished) == [.monitorsRead, .monitorsWrite])
    #expect(Authority.role(.viewer).allows(wished) == [.monitorsRead])
    #expect(Authority.none.allows(wished) == [])
  }
}
