import Model

// What a device is, and with it what belongs to that alone: another model has values of its own for it, which libvirt
// chooses, and refuses those of the former one.

extension Lens {
    /// `<video><model type='…'>`. How many screens there are is the guest's matter, and stays.
    static var videoModel: Lens {
        Lens(.videoModel) { root in
            root.descendant(["devices", "video", "model"])?["type"].map { .string($0) }
        } write: { root, value, _ in
            let video = root.ensure(["devices", "video"])
            guard let type = value.text else {
                video.remove()
                return
            }
            let model = video.ensure("model")
            guard model["type"] != type else { return }
            model.set("type", type)
            for memory in ["ram", "vram", "vram64", "vgamem", "blob", "edid"] as [StaticString] {
                model.set(memory, nil)
            }
            for child in ["acceleration", "resolution"] as [StaticString] { model.removeChildren(child) }
            video.removeChildren("driver")
            guard type == "none" || type == "ramfb" else { return }
            // Neither is a device of the bus.
            for screens in ["heads", "primary"] as [StaticString] { model.set(screens, nil) }
            video.removeChildren("address")
        }
    }

    /// `<clock offset='…'>`. An adjustment that stays would make another clock of the new one.
    static var clockOffset: Lens {
        Lens(.clockOffset) { root in
            root.child("clock")?["offset"].map { .string($0) }
        } write: { root, value, _ in
            guard let clock = value.isNull ? root.child("clock") : root.ensure("clock"), clock["offset"] != value.text
            else { return }
            clock.set("offset", value.text)
            for detail in ["adjustment", "basis", "timezone", "start"] as [StaticString] { clock.set(detail, nil) }
            if !clock.hasAttributes, !clock.hasChildElements { clock.remove() }
        }
    }

    /// `<interface><model type='…'>`. Queues and offloads are virtio's.
    static var nicModel: Lens {
        Lens(.nicModel) { interface in
            interface.child("model")?["type"].map { .string($0) }
        } write: { interface, value, _ in
            let before = interface.child("model")?["type"]
            guard let type = value.text else {
                interface.removeChildren("model")
                return
            }
            interface.ensure("model").set("type", type)
            if before != type, !type.hasPrefix("virtio") { interface.removeChildren("driver") }
        }
    }

    /// `<disk><target bus='…'>`. The name and the address belong to the bus; both are chosen anew.
    static var diskBus: Lens {
        Lens(.diskBus) { disk in
            disk.child("target")?["bus"].map { .string($0) }
        } write: { disk, value, _ in
            let target = disk.ensure("target")
            guard target["bus"] != value.text else { return }
            if isVirtioDrive(disk) { disk.set("device", "cdrom") }
            target.set("bus", value.text)
            for detail in ["dev", "removable", "rotation_rate"] as [StaticString] { target.set(detail, nil) }
            disk.removeChildren("address")
            for identity in ["wwn", "vendor", "product"] as [StaticString] { disk.removeChildren(identity) }
            guard value.text != "virtio", let driver = disk.child("driver") else { return }
            for queue in virtioQueues { driver.set(queue, nil) }
            driver.removeChildren("iothreads")
        }
    }
}

/// What `<driver>` has for virtio alone: https://libvirt.org/formatdomain.html#hard-drives-floppy-disks-cdroms
private let virtioQueues: [StaticString] = [
    "iothread", "queues", "queue_size", "event_idx", "ioeventfd", "iommu", "ats", "packed", "page_per_vq",
]
