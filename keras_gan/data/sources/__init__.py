"""What data sets are read from: folders, arrays, stored data sets and pairs of them."""
