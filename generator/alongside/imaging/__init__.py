"""Pictures of a site that is built, as a step of its own: what chats show beside its links, and smaller copies.

cards      a `PictureCard` drawn, 1200 x 630 pixels
shrinking  a picture of an author, smaller
texts      words of any script, fitted into a place, and cut where they are too long
engine     libvips, with fonts of its own
steps      what there should be, what is there already, and the rest made on all cores
"""
