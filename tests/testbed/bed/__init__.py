"""A Kubernetes cluster made from parts on one machine, for tests to look at.

The modules point one way: releases, packages and toolchain make programs;
cache keeps them; plan says what a bed is; network, cgroups, rootfs and node
make the hosts; kubeadm, images and workloads fill them; lifecycle puts these
in order and teardown undoes them. node_init alone runs inside a node.
"""
