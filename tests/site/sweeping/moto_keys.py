"""What the object store of the tests holds beside pictures. Read by moto's own Python too."""

MANY = 10_000
ODD_KEYS = (
    "odd/ä ö+&=%25?#'()*!~.jpg",
    "odd/../x//y.jpg",
    "odd/tab\there.jpg",
    "odd/\U0001f600.jpg",
    "odd/%2F.jpg",
)
