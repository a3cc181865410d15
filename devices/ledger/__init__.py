"""The asset ledger: devices.csv in and out, purchase and warranty, papers, labels, every change on record."""
