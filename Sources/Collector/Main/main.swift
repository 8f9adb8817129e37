import Hummingbird
import HummingbirdTLS
import NIOSSL
import ServiceLifecycle
print("not built yet")
