"""What whoIStheGOAT knows about a few people who made computing what it is; plain facts, for fun."""

from msgspec import Struct


class Legend(Struct, frozen=True):
    """Somebody worth praising.

    Attributes:
        why: What they are praised for, in two sentences.
        contributions: Four of their works.
        wisdom: What there is to learn from them; in quotation marks only where they wrote it.
        legacy: Where everybody meets their work.
        praise: The last line.
    """

    name: str
    why: str
    contributions: tuple[str, ...]
    wisdom: str
    legacy: str
    praise: str


LEGENDS = (
    Legend(
        "Dennis Ritchie",
        "Dennis Ritchie created the C programming language and co-developed Unix, forming the foundation of modern "
        "computing. His work influences virtually every device and system today.",
        (
            "Created C (1972) - the language that built the world",
            "Co-created Unix with Ken Thompson",
            "Influenced all modern programming languages",
            "Enabled portable system software",
        ),
        '"The only way to learn a new programming language is by writing programs in it."',
        "Every time you use a computer, phone, or any digital device, you're using technology built on Ritchie's "
        "foundations.",
        "Humble, brilliant, and transformative - a true GOAT! 🙌",
    ),
    Legend(
        "Ada Lovelace",
        "Ada Lovelace annotated a paper on Babbage's Analytical Engine in 1843, and her notes are longer than the "
        "paper. They hold what is often called the first published computer program.",
        (
            "Published steps for computing Bernoulli numbers (Note G, 1843)",
            "Saw that a machine for numbers could work on symbols and music",
            "Wrote loops down before there was anything to run them",
            "Gave her name to the language Ada (1980)",
        ),
        "Footnotes may outlive the article they belong to.",
        "Every program is a descendant of a table in her notes.",
        "A century early and still on time - a true GOAT! 🙌",
    ),
    Legend(
        "Grace Hopper",
        "Grace Hopper wrote one of the first compilers when many held that computers could only do arithmetic. Her "
        "FLOW-MATIC showed that programs may read like English, and shaped COBOL.",
        (
            "Wrote the A-0 system (1952), an early compiler",
            "Led the work on FLOW-MATIC, the model for COBOL",
            "Retired from the US Navy as a rear admiral",
            "Handed out 30 cm of wire, so that people could see a nanosecond",
        ),
        "Make latency something people can hold in their hands.",
        "Whenever a compiler turns words into machine code, it continues what she began.",
        "Curious, stubborn and generous - a true GOAT! 🙌",
    ),
    Legend(
        "Margaret Hamilton",
        "Margaret Hamilton led the team that wrote the flight software of the Apollo guidance computer. It shed work "
        "of low priority under overload, and so the first landing went on.",
        (
            "Led flight software development for Apollo at MIT",
            "Made error detection and recovery a part of the design",
            "Helped to make the name software engineering stick",
            "Received the Presidential Medal of Freedom (2016)",
        ),
        "Plan for the overload, and decide beforehand what may be dropped.",
        "Every server that degrades gracefully follows a path that once led to the Moon.",
        "Careful where it counts - a true GOAT! 🙌",
    ),
    Legend(
        "Tim Berners-Lee",
        "Tim Berners-Lee put hypertext and the internet together at CERN in 1989 and gave the result away. Addresses, "
        "a protocol and a document format were enough to start the World Wide Web.",
        (
            "Proposed the World Wide Web (1989)",
            "Wrote the first browser and the first web server",
            "Designed the first versions of HTTP, HTML and URLs",
            "Founded the World Wide Web Consortium (1994)",
        ),
        "A protocol that anybody may implement beats one that is perfect.",
        "Every header this server prints travels by a protocol that he began.",
        "Open by default - a true GOAT! 🙌",
    ),
    Legend(
        "Guido van Rossum",
        "Guido van Rossum began Python over the Christmas holidays of 1989 and led it for almost three decades. He "
        "insisted that code is read far more often than it is written.",
        (
            "Created Python (first release 1991)",
            "Led it as benevolent dictator for life until 2018",
            "Co-wrote PEP 8, the style guide",
            "Worked on type hints and on asyncio",
        ),
        "Whoever reads the code next deserves as much care as whoever runs it.",
        "This very line was printed by his language.",
        "Readable, patient and named after comedians - a true GOAT! 🙌",
    ),
)
