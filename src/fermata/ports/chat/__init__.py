"""What chats have in common: settings, the parts of a card and its files, receipts, and clicks dealt with once."""
