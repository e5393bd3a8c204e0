import Model

/// The least that libvirt takes for a new object; the lenses write the rest into it.
enum Skeleton {
    static func domain(_ object: ObjectReference, _ platform: GuestPlatform) -> String {
        """
        <domain type='\(platform.type)'>
          <name>\(escaped(object.name))</name>\(id(object))
          <memory unit='KiB'>0</memory><vcpu>1</vcpu>
          <os><type arch='\(escaped(platform.architecture))'>hvm</type></os>
          \(features(platform))\(processor(platform))<clock offset='utc'/>
          <devices>
            <serial type='pty'/><console type='pty'/>
            <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
            <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
            <graphics type='vnc' port='-1' autoport='yes' listen='127.0.0.1'/>
            <video><model type='virtio'/></video>
            <memballoon model='virtio'/>
          </devices>
        </domain>
        """
    }

    /// Without ACPI a PC's guest has one processor and does not hear the power button.
    private static func features(_ platform: GuestPlatform) -> String {
        platform.isEmulatedPC ? "<features><acpi/><apic/></features>" : "<features/>"
    }

    /// QEMU's own default is a processor of 2003, which systems that want x86-64-v2 do not start on.
    private static func processor(_ platform: GuestPlatform) -> String {
        platform.type == "kvm" ? "<cpu mode='host-model'/>" : ""
    }

    static func network(_ object: ObjectReference) -> String {
        "<network><name>\(escaped(object.name))</name>\(id(object))</network>"
    }

    static func pool(_ object: ObjectReference) -> String {
        "<pool type='dir'><name>\(escaped(object.name))</name>\(id(object))</pool>"
    }

    /// Nothing is allocated beforehand: the space is the host's until the guest writes. What is to be filled has no size yet.
    static func volume(_ object: ObjectReference) -> String {
        "<volume><name>\(escaped(object.name))</name><allocation>0</allocation><capacity>0</capacity><target/></volume>"
    }

    private static func id(_ object: ObjectReference) -> String {
        object.id.map { "<uuid>\($0)</uuid>" } ?? ""
    }
}

/// A text as it stands in XML.
func escaped(_ text: String) -> String {
    var result = ""
    for character in text.unicodeScalars {
        switch character {
        case "&": result += "&amp;"
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        case "'": result += "&apos;"
        case "\"": result += "&quot;"
        default: result.unicodeScalars.append(character)
        }
    }
    return result
}
