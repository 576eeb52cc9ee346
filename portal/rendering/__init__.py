"""Files that strangers made, shown as images, marked and traced, each in a confined process of its own."""
