"""How often: the two numbers of links and of series, and what they are counted in.

`decoys` exchanges dates (within `strata`), people and references; `chance` counts links as strong, seen and by chance;
`rating` puts the numbers on links, by what they rest on (`ties`). `ground` and `series` grow series and rate them.
"""
