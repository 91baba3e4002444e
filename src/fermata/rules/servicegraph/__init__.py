"""The service graph from what is at hand: one reader for each source, one merge, one drawing.

Every reader takes what others parsed and gives a partial graph; nothing here opens a file or asks a server. Each fact
keeps the source it came from, so that two sources that disagree are both shown.
"""
