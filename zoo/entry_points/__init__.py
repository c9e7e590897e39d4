"""One small registered function per named system, table by table.

A name is the paper's own label in lower case. Every function takes the shape of an input, and the
number of classes or of labels where the model learns them, builds networks where none are given,
and returns an uncompiled model. What the arguments mean in full is said by the model's class.
`zoo.registry` reads the names from the files, and imports a file when one of its models is asked
for.
"""
