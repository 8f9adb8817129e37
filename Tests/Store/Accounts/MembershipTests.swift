import Model
import Postgres
import Store
import TestSupport
import Testing

@Suite struct MembershipTests {
  let scene: AccountScene

  init() throws {
    scene = try AccountScene()
  }

  private func role(_ person: PersonID) throws -> Role? {
    try MembershipQueries.get(person, organization: scene.acme, on: scene.connection)?.role
  }

  @Test func `an address is one person's, however it is written`() throws {
    let ann = try scene.person("ann")
    let again = PersonDraft(email: try #require(EmailAddress("ANN@Example.Org")), name: "Ann")
    #expect(throws: AccountRefusal.emailTaken) {
      try scene.write { try PersonQueries.create(again, in: $0) }
    }
    #expect(try PersonQueries.find(again.email, on: scene.connection)?.id == ann)
    let bob = try scene.person("bob")
    #expect(throws: AccountRefusal.emailTaken) {
      try scene.write {
        try PersonQueries.change(bob, name: "Bob", email: again.email, in: $0)
      }
    }
    let renamed = try scene.write {
      try PersonQueries.change(ann, name: "Ann", email: again.email, in: $0)
    }
    #expect(renamed?.email == "ANN@Example.Org")
  }

  @Test func `a person belongs to several organizations, as something else in each`() throws {
    let ann = try scene.person("ann", .owner)
    try scene.write {
      _ = try MembershipQueries.add(ann, as: .viewer, organization: scene.other, in: $0)
    }
    let list = try AuthorityQueries.organizations(
      of: ann, after: nil, limit: 10, on: scene.connection)
    #expect(list.map(\.name) == ["acme", "other"])
    #expect(list.map(\.role) == [.owner, .viewer])
    #expect(
      try AuthorityQueries.organizations(of: ann, after: "acme", limit: 10, on: scene.connection)
        .map(\.name) == ["other"])
    let uuid = try #require(list.last?.uuid)
    let access = try AuthorityQueries.access(of: ann, to: uuid, on: scene.connection)
    #expect(access?.scopes == Role.viewer.scopes)
    let bob = try scene.person("bob", .viewer)
    #expect(try AuthorityQueries.access(of: bob, to: uuid, on: scene.connection) == nil)
    let root = try scene.person("root", isOperator: true)
    let above = try AuthorityQueries.access(of: root, to: uuid, on: scene.connection)
    #expect(above?.authority == .installation && above?.role == nil)
  }

  @Test func `the last owner neither goes nor steps down`() throws {
    let ann = try scene.person("ann", .owner)
    let bob = try scene.person("bob", .owner)
    #expect(
      try scene.write(by: bob) {
        try MembershipQueries.remove(ann, organization: scene.acme, in: $0)
      })
    #expect(throws: AccountRefusal.lastOwner) {
      try scene.write(by: bob) {
        try MembershipQueries.remove(bob, organization: scene.acme, in: $0)
      }
    }
    #expect(throws: AccountRefusal.lastOwner) {
      try scene.write(by: bob) {
        try MembershipQueries.change(bob, to: .admin, organization: scene.acme, in: $0)
      }
    }
    #expect(try role(bob) == .owner)
    #expect(try role(ann) == nil)
  }

  @Test func `an owner who is disabled does not count as one who is left`() throws {
    let ann = try scene.person("ann", .owner)
    let bob = try scene.person("bob", .owner)
    _ = try scene.write { try PersonQueries.disable(bob, in: $0) }
    #expect(throws: AccountRefusal.lastOwner) {
      try scene.write(by: ann) {
        try MembershipQueries.remove(ann, organization: scene.acme, in: $0)
      }
    }
  }

  @Test func `of the last owners who go at once one stays`() async throws {
    for round in 0..<5 {
      let owners = try (0..<3).map { try scene.person("owner-\(round)-\($0)") }
      let organization = OrganizationID(
        rawValue: try scene.database.addOrganization("race-\(round)"))
      try scene.write { write in
        for owner in owners {
          _ = try MembershipQueries.add(owner, as: .owner, organization: organization, in: write)
        }
      }
      let outcome = try await race(
        try scene.database.pool(size: 3),
        owners.enumerated().map { index, owner in
          { connection in
            try AuditTrail.write(by: AccountScene.context(owner), on: connection) { write in
              if index == 0 {
                return try MembershipQueries.change(
                  owner, to: .viewer, organization: organization, in: write) != nil
              }
              return try MembershipQueries.remove(owner, organization: organization, in: write)
            }
          }
        })
      #expect(outcome.values == [true, true])
      #expect(outcome.refusals == [.lastOwner])
    }
  }

  private static let changes: [(Role, Role, Role, Bool)] = [
    // who asks, of whom, to what
    (.owner, .viewer, .owner, true), (.owner, .owner, .viewer, true),
    (.admin, .viewer, .admin, true), (.admin, .admin, .viewer, true),
    (.admin, .viewer, .owner, false), (.admin, .owner, .viewer, false),
    (.editor, .viewer, .editor, false), (.viewer, .editor, .viewer, false),
  ]

  @Test(arguments: changes)
  func `who may change whom to what`(_ asker: Role, _ old: Role, _ new: Role, _ may: Bool) throws {
    _ = try scene.person("first", .owner)
    let ann = try scene.person("ann", asker)
    let bob = try scene.person("bob", old)
    do {
      _ = try scene.write(by: ann) {
        try MembershipQueries.change(bob, to: new, organization: scene.acme, in: $0)
      }
      #expect(may)
    } catch AccountRefusal.mayNotGive(let role) {
      #expect(!may)
      #expect([old, new].contains(role))
    }
    #expect(try role(bob) == (may ? new : old))
  }

  @Test func `a viewer may go, but send nobody away`() throws {
    let ann = try scene.person("ann", .viewer)
    let bob = try scene.person("bob", .viewer)
    #expect(throws: AccountRefusal.mayNotGive(.viewer)) {
      try scene.write(by: ann) {
        try MembershipQueries.remove(bob, organization: scene.acme, in: $0)
      }
    }
    #expect(
      try scene.write(by: ann) {
        try MembershipQueries.remove(ann, organization: scene.acme, in: $0)
      })
    #expect(try role(ann) == nil)
  }

  @Test func `members are listed page by page in the order in which they joined`() throws {
    let people = try (0..<5).map { try scene.person("p\($0)", .viewer) }
    var seen: [PersonID] = []
    var position: MembershipQueries.Position?
    while true {
      let page = try MembershipQueries.list(
        after: position, limit: 2, organization: scene.acme, on: scene.connection)
      if page.isEmpty { break }
      seen += page.map(\.person)
      position = page.last?.position
    }
    #expect(seen == people)
  }

  @Test func `the last operator can neither be disabled nor unmade`() throws {
    let ann = try scene.person("ann", isOperator: true)
    #expect(throws: AccountRefusal.lastOperator) {
      try scene.write { try PersonQueries.disable(ann, in: $0) }
    }
    #expect(throws: AccountRefusal.lastOperator) {
      try scene.write { try PersonQueries.setOperator(false, of: ann, in: $0) }
    }
    let bob = try scene.person("bob")
    #expect(
      try scene.write { try PersonQueries.setOperator(true, of: bob, in: $0) }?.isOperator == true)
    #expect(try scene.write { try PersonQueries.disable(ann, in: $0) }?.disabledAt != nil)
    #expect(try scene.write { try PersonQueries.enable(ann, in: $0) }?.disabledAt == nil)
  }

  @Test func `an organization's name is its own`() throws {
    let ann = try scene.person("ann")
    let root = try scene.person("root", isOperator: true)
    #expect(throws: AccountRefusal.notAllowed) {
      try scene.write(by: ann) { try OrganizationQueries.create(name: "new", owner: ann, in: $0) }
    }
    let made = try scene.write(by: root) {
      try OrganizationQueries.create(name: "new", owner: ann, in: $0)
    }
    #expect(
      try MembershipQueries.get(ann, organization: made.id, on: scene.connection)?.role == .owner)
    #expect(throws: AccountRefusal.nameTaken) {
      try scene.write { try OrganizationQueries.create(name: "new", owner: nil, in: $0) }
    }
    #expect(throws: AccountRefusal.nameTaken) {
      try scene.write { try OrganizationQueries.rename(scene.acme, to: "new", in: $0) }
    }
    #expect(throws: AccountRefusal.lacksScope(.organizationWrite)) {
      try scene.write(by: ann) { try OrganizationQueries.rename(scene.acme, to: "x", in: $0) }
    }
    #expect(try OrganizationQueries.find(made.uuid, on: scene.connection) == made.id)
    #expect(try OrganizationQueries.find(.random(), on: scene.connection) == nil)
    let renamed = try scene.write {
      try OrganizationQueries.rename(scene.acme, to: "acme 2", in: $0)
    }
    #expect(renamed?.name == "acme 2")
    #expect(
      try OrganizationQueries.list(for: ann, after: "acme 2", limit: 9, on: scene.connection)
        .map(\.name) == ["new", "other"])
  }
}
