import CloudInit
import Testing
