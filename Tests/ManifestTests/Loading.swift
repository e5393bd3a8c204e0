import Manifest
import Model
import Testing
