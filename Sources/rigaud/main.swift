import CLI

await Rigaud.main()
