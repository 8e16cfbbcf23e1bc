"""The filter language of the screens, `show --where`, `export --where` and presets: `coin:btc net<-100`."""
