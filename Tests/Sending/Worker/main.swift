import Alerts
import Glibc
import OpenSSL
import Postgres
import Sending
import Store

// A collector's sending threads in a process of their own, which tests kill: CONNINFO in its
// environment. It runs until it is killed. Three of its threads send to one organization.
guard let conninfo = getenv("CONNINFO").map({ String(cString: $0) }),
  let sealing = SealingKey([UInt8](repeating: 5, count: SealingKey.byteCount))
else { exit(64) }
let settings = SendingSettings(
  sealing: sealing,
  sender: Sender.Configuration(
    receivers: ReceiverGuard(allowsPrivate: true), host: "upblit.test"),
  places: AlertPlaces(origin: nil), workers: 6)
let crew = try SendingCrew(PostgresAddress(conninfo), settings) { _ in }
while true { pause() }
