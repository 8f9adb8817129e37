import ArgumentParser

Upblit.main()
