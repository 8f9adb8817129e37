import JSON

/// The parts that Statuspage's documents are made of, with every field that they have there.
struct StatuspageParts {
  private let source: StatusPage
  private let byID: [String: JSONValue]
  let components: JSONValue

  init(_ page: StatusPage) {
    source = page
    var all: [JSONValue] = []
    var byID: [String: JSONValue] = [:]
    for group in page.groups {
      let isGroup = group.name != nil && !group.components.isEmpty
      if isGroup { all.append(Self.group(group, page.id, position: all.count + 1)) }
      for component in group.components {
        let value = Self.component(
          component, page.id, group: isGroup ? group.id : nil, position: all.count + 1)
        all.append(value)
        byID[component.id] = value
      }
    }
    components = .array(all)
    self.byID = byID
  }

  var page: JSONValue {
    [
      "id": .string(source.id), "name": .string(source.name),
      "url": .string(source.address.absolute(source.address.page)), "time_zone": "Etc/UTC",
      "updated_at": Self.moment(source.updatedAt),
    ]
  }

  var status: JSONValue {
    let banner = source.banner
    return ["indicator": .string(banner.indicator), "description": .string(banner.words)]
  }

  func scheduled(_ maintenances: [PageMaintenance]) -> JSONValue {
    ["page": page, "scheduled_maintenances": self.maintenances(maintenances)]
  }

  func incidents(_ incidents: [PageIncident]) -> JSONValue {
    .array(incidents.prefix(StatuspageDocument.mostListed).map(incident))
  }

  func maintenances(_ maintenances: [PageMaintenance]) -> JSONValue {
    .array(maintenances.prefix(StatuspageDocument.mostListed).map(maintenance))
  }

  private static func component(
    _ component: Component, _ page: String, group: String?, position: Int
  ) -> JSONValue {
    [
      "id": .string(component.id), "name": .string(component.name),
      "status": .string(component.state.statuspage), "created_at": moment(component.createdAt),
      "updated_at": moment(component.updatedAt), "position": .integer(Int64(position)),
      "description": component.description.isEmpty ? nil : .string(component.description),
      "showcase": true, "start_date": .string(CalendarDay(of: component.createdAt).date),
      "group_id": .optional(group), "page_id": .string(page), "group": false,
      "only_show_if_degraded": false,
    ]
  }

  private static func group(_ group: ComponentGroup, _ page: String, position: Int) -> JSONValue {
    let created = group.components.map(\.createdAt).min() ?? 0
    return [
      "id": .string(group.id), "name": .optional(group.name),
      "status": .string(group.state.statuspage), "created_at": moment(created),
      "updated_at": moment(group.components.map(\.updatedAt).max() ?? created),
      "position": .integer(Int64(position)), "description": nil, "showcase": false,
      "start_date": nil, "group_id": nil, "page_id": .string(page), "group": true,
      "only_show_if_degraded": false, "components": .strings(group.components.map(\.id)),
    ]
  }

  private func incident(_ incident: PageIncident) -> JSONValue {
    let monitoring = incident.updates.first { $0.status == .monitoring }?.at
    return [
      "id": .string(incident.id), "name": .string(incident.name),
      "status": .string(incident.status.rawValue), "created_at": Self.moment(incident.startedAt),
      "updated_at": Self.moment(incident.updatedAt), "monitoring_at": Self.moment(monitoring),
      "resolved_at": Self.moment(incident.resolvedAt), "impact": .string(incident.impact.rawValue),
      "shortlink": link(incident.id), "started_at": Self.moment(incident.startedAt),
      "page_id": .string(source.id),
      "incident_updates": .array(
        incident.updates.reversed().map {
          Self.update($0.id, $0.status.rawValue, $0.body, $0.at, of: incident.id)
        }),
      "components": .array(incident.components.compactMap { byID[$0] }),
    ]
  }

  private func maintenance(_ maintenance: PageMaintenance) -> JSONValue {
    [
      "id": .string(maintenance.id), "name": .string(maintenance.name),
      "status": .string(maintenance.status(at: source.now).rawValue),
      "created_at": Self.moment(maintenance.createdAt),
      "updated_at": Self.moment(maintenance.updatedAt(at: source.now)), "monitoring_at": nil,
      "resolved_at": Self.moment(maintenance.completedAt), "impact": "maintenance",
      "shortlink": link(maintenance.id), "started_at": Self.moment(maintenance.scheduledFor),
      "page_id": .string(source.id),
      "incident_updates": .array(
        maintenance.updates.reversed().map {
          Self.update($0.id, $0.status.rawValue, $0.body, $0.at, of: maintenance.id)
        }),
      "components": .array(maintenance.components.compactMap { byID[$0] }),
      "scheduled_for": Self.moment(maintenance.scheduledFor),
      "scheduled_until": Self.moment(maintenance.scheduledUntil),
    ]
  }

  private static func update(
    _ id: String, _ status: String, _ body: String, _ at: Int64, of incident: String
  ) -> JSONValue {
    [
      "id": .string(id), "status": .string(status), "body": .string(body),
      "incident_id": .string(incident), "created_at": moment(at), "updated_at": moment(at),
      "display_at": moment(at), "affected_components": nil, "deliver_notifications": false,
      "custom_tweet": nil, "tweet_id": nil,
    ]
  }

  private func link(_ id: String) -> JSONValue {
    .string(source.address.absolute(source.address.incident(id)))
  }

  private static func moment(_ milliseconds: Int64?) -> JSONValue {
    milliseconds.map { .string(Moment($0).precise) } ?? .null
  }
}
